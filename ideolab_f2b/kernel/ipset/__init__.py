"""Kernel sets over netlink: hash:net sets, their elements, the list:set that joins them."""
