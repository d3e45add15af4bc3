"""Countries: which addresses each of them has, by the files of vendors, and the list that is made of some."""
