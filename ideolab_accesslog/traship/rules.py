"""What scanners ask for and a Django site does not have: data, by rule.

Each rule has an id, which stands in every line. A name is a whole segment in small letters, and an ending is
what follows a dot: `/wp-migration-guide/`, `/project/pmake/` and `/downloads/site-1.2.tar.gz` match nothing.
Names that are also ordinary words count only as the first segment of a path.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _by_name(groups: dict[str, str]) -> dict[str, str]:
    return {name: rule for rule, names in groups.items() for name in names.split()}


#: endings of programs that a Django site does not have, also with more behind them: x.php/y, x.php.bak
SCRIPTS = _by_name(
    {
        "php": """
            php php2 php3 php4 php5 php6 php7 php8 php51 php52 php53 php54 php55 php56 php70 php71
            php72 php73 php74 php80 php81 php82 php83 php84 phps phtml phtm pht phar phpx phpt pgif
        """,
        "asp": "asp aspx ashx asmx asax ascx axd cshtml vbhtml svc asa soap rem",
        "java": "jsp jspx jspa jspf jsf jhtml jsw jsv jws seam",
        "cgi": "cgi fcgi cfm cfml cfc esp nsf xgi axvw idq idc htr ida printer gch lp rsp stm",
        "windows": "dll",
    }
)
#: the same, at the very end only
LAST_SCRIPTS = _by_name({"java": "do action event view wsc", "cgi": "woa sms hta", "php": "inc"})
#: at the very end, of a file in the root or in a directory of programs
TOP_SCRIPTS = _by_name({"cgi": "pl", "windows": "bat cmd ps1 vbs"})

#: endings of copies and secrets that were left on the server, in any directory
LEFT_BEHIND = _by_name(
    {
        "backup": "bak bak1 bak2 backup bkp bkup old orig original save saved sav swp swo swn copy",
        "database": "sql sqlite sqlite3 mdb accdb frm myd ibd",
        "secret": "ppk pfx p12 jks keystore kdbx ovpn tfstate tfvars htpasswd htaccess pgpass",
    }
)
#: endings that downloads have too: only in the root or in one of PRIVATE_PLACES
PRIVATE = _by_name(
    {
        "config": "ini conf cfg config yml yaml toml properties inc dist env passwd tpl",
        "log": "log",
        "secret": "key pem crt cer csr asc gpg",
        "database": "db dump rdb dbf",
        "backup": "1 2 bk",
    }
)
#: directories that a site does not serve
PRIVATE_PLACES = _words(
    """
    config configs configuration conf etc log logs private secret secrets ssl certs cert certificates
    keys backup backups bak back old db database databases sql dump dumps data storage var settings
    credentials app application apps web-inf meta-inf admin src api backend server inc include
    includes lib deploy .well-known env aws docker k8s kubernetes terraform ansible
    """
)
#: files that a site serves in its root, in spite of their endings
PUBLIC_FILES = _words(
    """
    openapi.yml openapi.yaml swagger.yml swagger.yaml schema.yml schema.yaml publiccode.yml
    publiccode.yaml citation.cff .well-known
    """
)

#: endings of archives
ARCHIVES = _words(
    """
    zip tar gz tgz bz2 bzip2 xz 7z rar war z lz lzma zst tbz tbz2 txz jar ear
    """
)
#: names of archives that are not for download, in the root or in PRIVATE_PLACES
ARCHIVED = re.compile(
    r"(?:.*[-_.])?(?:back-?ups?|bak|bk|db|databases?|dumps?|sql|mysql|pgsql|postgres|mongo(?:db)?|data|site|website"
    r"|sites|www|wwwroot|webroot|htdocs|httpdocs|public_?html|html|web|webapp|ftp|old|source|sources?-?code|src"
    r"|code|home|root|var|wp|wordpress|wp-content|joomla|drupal|admin|api|app|backend|public|private|server|vendor"
    r"|uploads?|users?|customers?|clients?|prod(?:uction)?|staging|dev|test|git|env|config|secrets?|credentials"
    r"|logs?|full|master|main|release|deploy|build|dist|package|archive|temp|tmp|new|\d{1,4}|[a-z])"
    # no part is the beginning of another one: else twenty digits are a million ways to match
    r"(?:[-_.\d]|back-?up|bak|old|new|final|copy|latest)*"
)
#: names of archives of a whole site: its domain
DOMAIN = re.compile(
    r"(?:[a-z0-9-]+\.)+(?:com|net|org|info|biz|io|co|fr|de|uk|eu|us|ru|cn|in|br|it|es|nl|pl|ch|be|jp)"
)
#: endings before that of an archive: sql.gz is a database in any directory and under any name
DUMPED = _words(
    """
    sql dump sqlite sqlite3 db mdb bak old backup
    """
)

#: names of files, in any directory
FILES = _by_name(
    {
        "wordpress": "wlwmanifest.xml wp-cli.yml",
        "config": """
            composer.json composer.lock composer.phar gemfile gemfile.lock pipfile pipfile.lock
            yarn.lock package-lock.json pnpm-lock.yaml dockerfile docker-compose.yml
            docker-compose.yaml jenkinsfile vagrantfile procfile web.config app.config
            appsettings.json web.xml local_settings.py settings_local.py localsettings.php
            database.yml parameters.yml serverless.yml sftp-config.json sftp.json
            deployment-config.json resource_config.json phpunit.xml phpunit.xml.dist php.ini
            .user.ini my.cnf my.ini httpd.conf nginx.conf apache2.conf sshd_config
            application.properties application.yml application.yaml bootstrap.yml bootstrap.yaml
            logback.xml log4j.properties log4j2.xml hibernate.cfg.xml persistence.xml struts.xml
            sitemanager.xml filezilla.xml ws_ftp.ini winscp.ini ventrilo_srv.ini unattend.xml
            azure-pipelines.yml cloudbuild.yaml bitbucket-pipelines.yml buildspec.yml
            kustomization.yaml wp-config config.inc configuration.inc default.config.json
            aws-exports.js
        """,
        "secret": """
            id_rsa id_dsa id_ecdsa id_ed25519 id_rsa.pub authorized_keys known_hosts credentials
            credentials.json credentials.txt credentials.csv credentials.xml credentials.yml
            secrets.json secrets.yml secrets.yaml secret.json secrets.env user_secrets.yml aws.yml
            aws.json aws-key.yml aws_credentials aws-credentials s3cfg accesskeys.csv rootkey.csv
            serviceaccountkey.json service-account.json service_account.json firebase-adminsdk.json
            gcp-key.json gcloud.json master.key production.key server.key privatekey.key private.key
            host.key localhost.key privkey.pem private.pem jwtrs256.key secret_token.rb
            database.php.bak shadow htpasswd passwd.txt passwords.txt password.txt storage.key
        """,
        "log": """
            error_log access_log laravel.log error.log access.log debug.log development.log
            production.log
        """,
        "database": "db.sqlite3 database.sqlite dump.rdb thumbs.db",
        "probe": """
            phpinfo server-status server-info currentsetting.htm rootdesc.xml picsdesc.xml
            wanipcn.xml upnpdevicedesc.xml swagger-ui.html device_description.xml vnc.html
            vnc_lite.html webvisu.htm sitecore.version.xml wpad.dat win.ini boot.ini system.ini
            login.esp login.lua wanipconnection
        """,
    }
)
#: names of files in the root only, or in PRIVATE_PLACES
TOP_FILES = _by_name(
    {
        "config": """
            config.json config.js config.xml config.php config.txt config.local env.json env.js
            configuration.json settings.json settings.py settings.xml local.json production.json
            development.json package.json requirements.txt makefile gruntfile.js gulpfile.js wsgi.py
            manage.py app.py main.py config.py secrets.py tsconfig.json webpack.config.js
            firebase.json app.json server.js constants.js app-config.json runtime-config.js
            constants.json config.properties
        """,
        "secret": """
            passwd passwords passwords.json key.json keys.json token.json tokens.json aws-config.js
            private-key secret.txt secrets.txt users.json users.csv
        """,
        "probe": "env heapdump jolokia httptrace threaddump configprops trace readme.html",
    }
)
#: .env without its dot, and its variants
ENV = re.compile(
    r"(?:[a-z0-9]+[-_.])?env(?:[-_.](?:bak|backup|old|txt|js|json|php|ya?ml|prod|production|dev|development|local"
    r"|test|testing|stage|staging|save|example|sample|dist|live|docker|zip|html|orig|default|\d+))+"
    r"|(?:[a-z0-9]+[-_])env\.(?:json|js|txt|ya?ml|bak)"
)

#: segments with a dot in front that are no offence, unlike all others; .net is a product
PUBLIC_DOTS = frozenset((".well-known", ".net", "."))

#: whole segments, at any place of a path
SEGMENTS = _by_name(
    {
        "wordpress": """
            wp-admin wp-content wp-includes wp-json wp-login wp-config wp-cron wp-signup wp-load
            wp-settings wp-activate wp-trackback wp-comments-post wp-links-opml wp-mail
            wp-blog-header wp-register wp-feed wp-conflg wp-good wp-head wp-plugins
        """,
        "db-admin": """
            phpmyadmin phpmy php-my-admin phppgadmin phpldapadmin phpredisadmin mysqladmin
            mysql-admin mysqlmanager mysqlweb sqlweb sqlmanager websql pgadmin pgadmin4 dbadmin
            myadmin mysqldumper sqlitemanager sqladmin adminer adminmysql phpmyadmin_ _phpmyadmin
            xphpmyadmin shopdb admindb
        """,
        "cgi": """
            cgi-bin cgi-ssl cgi-sys cgi-mod cgi-exe cgi-win cgi-local cgibin cgi-scripts
            monitorix-cgi axis-cgi cgi-perl fcgi-bin htbin
        """,
        "router": """
            hnap1 boaform boafrm goform gponform goahead tr069 tr064 ctrlt deviceupgrade_1
            rpc2_login rpc2_loadfile isapi psia onvif getcfg tmunblock web_shell_cmd sess-bin
            usrlogin ltepartner htmlsrc luci
        """,
        "phpunit": "phpunit eval-stdin",
        "php": """
            _ignition _profiler _debugbar phpinfo kcfinder fckeditor ckfinder elfinder timthumb
            ueditor xampp ampps ampps-admin invokefunction thinkphp htmlawed revslider fileman
            roxyfileman _wpeprivate w3tc uploadify swfupload laravel-filemanager
        """,
        "java": """
            actuator jmx-console web-console wls-wsat _async uddiexplorer uddi-explorer web-inf
            meta-inf host-manager xxl-job-admin bea_wls_internal bea_wls_deployment_internal jbossws
            invoker jmxinvokerservlet ejbinvokerservlet h2-console jbpm-console jolokia
            hystrix.stream weblogic struts2-showcase struts2-rest-showcase geoserver nacos webgoat
            sdcall jasperserver jasperserver-pro spring-boot-admin securityrealm asynchpeople
            flex2gateway metadatauploader servlet servlets browserservlet
        """,
        "vpn": """
            +cscoe+ +cscot+ +cscou+ +webvpn+ +cscol+ dana-na dana-cached dana-ws global-protect
            globalprotect ssl-vpn sslvpn sslmgr vpnsvc sonicui websso webfig winbox.png sonicos
            remotedesktop rdweb logonpoint lmi_data cscoe vpnpost fgt_lang logincheck sdesktop
        """,
        "asp": """
            _vti_bin _vti_pvt _vti_cnf _vti_inf.html _layouts aspnet_client trace.axd elmah.axd
            cfide cfusion ews.asmx umbraco sitecore sitefinity episerver msadc iisadmpwd iissamples
            iisadmin reportserver cf_scripts powershell-exchange cxwebclient cxrestapi telerik
        """,
        "shell": """
            webshell web-shell c99shell r57shell b374k wso cmdshell xmlrpcs alfa_data alfacgiapi
            alfashell filesman gelform w00tw00t muieblackcat zologize jspspy
        """,
        "appliance": """
            tmui my.policy commandcenter ovirt-engine airwatch mifs dlpcenter mrcgi officescan
            messagebroker portalhelp nas_sharing webobjects arsys secenrol toolpane sap-public-cgi
            ui5_ui5 hostcheckerinstaller wp-json-oembed admincentral _nc_external_content
        """,
        "probe": """
            nmaplowercheck nmapuppercheck nice_ports trinity.txt.bak getproductversion ibmmq
            solr-admin .dca fileupload-server pagespeed-global-admin ab2g ab2h aaa9 aab8 aab9
            _environment sugar_version.json magento_version
        """,
        "system": "passwd shadow system32 win.ini boot.ini winnt cmd.exe root.exe c: d:",
    }
)
#: whole segments, only as the first of a path, with anything behind them
FIRST = _by_name(
    {
        "wordpress": "wp wp1 wp2 wp3 wpp old-wp wp-old new-wp wp-new wp-test wordpress-old xmlrpc",
        "db-admin": "pma pma1 pma2 pma3 sqlbuddy mylittleadmin mylittlebackup openadmin phpmanager",
        "cms": """
            bitrix zb_system zenario zentao kfm reportico dotadmin dedecms ecshop phpcms empirecms
            seeyon yonyou calendarix opencats ocpu opensis pandora_console ossim nagiosxi nagvis
            qmailadmin
        """,
        "panel": "openvpn-monitor plesk-stat synnefoclient ispmgr cpsess aapanel webalizer awstats",
        "java": """
            crx teamserver decisioncenter hmc irj nwa webdynpro juddi sm935 prweb oa_html operalogin
            qcbin akuiteo akuiteo.collabs archibus goanywhere developmentserver apiclient
            jbossmq-httpil dwr labkey lucee railo swagger-resources opennms wfc
        """,
        "exchange": "owa ecp ews autodiscover microsoft-server-activesync rpcwithcert",
        "vpn": """
            dana vpns webvpn securenvoy securelogin webacs ccmadmin cuadmin gsb rsso
            informationservice
        """,
        "router": "hedwig.cgi device.rsp setup-config iclock minitelog magicinfo",
        "php": "phpsysinfo phpwcms phpmoadmin _phpinfo",
        "appliance": """
            admin_ui gdshost hybridity opscenter qlikview rashtml5gateway responsiveui secadmin
            secmail selfenrollment sgms studioserver thinclient scriptcase appsuite dcim vsaas
            _login_server_ protectmanager covenantuser ccm-web enginemanager vkd cxcum sfmc veracore
            virtualems webmodule-ee zdm cfcc dxplanning emswebclient euweb gespage adfinity docuware
            unauth systemmanager yunohost
        """,
        "shell": "webshells c99 r57 0byte wso2 priv8",
        "backup": "backup-db db-backup site-backup wp-backup backup_sql oldsite sqlbackup dbbackup",
        "node": "node_modules bower_components",
    }
)
#: first segments that are also ordinary words: alone, or with one of START_PAGES behind them
FIRST_WORDS = _by_name(
    {
        "wordpress": "wordpress",
        "db-admin": "mysql sqlite dbconsole sphider ldapadmin",
        "cms": """
            joomla drupal magento typo3 prestashop administrator opencart shopware contao concrete5
            processwire lam phpbb phpbb2 phpbb3 vbulletin modx dede wcms ecology weaver glpi otobo
            otrs centreon cacti nagios zabbix roundcube squirrelmail horde rainloop zimbra imp
            mbilling mailscanner ilias umbraco sitecore sitefinity episerver xampp
        """,
        "panel": "plesk cpanel whm webmin usermin directadmin ispconfig vestacp virtualmin froxlor",
        "java": """
            solr jenkins hudson struts struts2 druid airflow jboss tomcat carbon maximo hybris fiori
            sap polarion pentaho nuxeo bonita alfresco spotfire coldfusion confluence teamcity
            artifactory oam kiali zipkin kibana arcgis webjars admin-console jasperserver
        """,
        "exchange": "exchange mapi powershell oab",
        "vpn": "citrix netscaler nps filr ssf orion solarwinds",
        "router": "dvr cgi shell jaws",
        "php": "telescope laravel yii cakephp symfony codeigniter",
        "appliance": """
            ipages magnolia mics qsa synology lui vcac getconfig vcenter moveit versa wabam
            webconsole sdk vcloud webinterface atg kenesto anaqua cassia concerto ovirt-engine
            vsphere-client nds
        """,
        "shell": "backdoor",
        "spring": "heapdump threaddump configprops httptrace",
    }
)
#: second segments with which the login or the interface of a product begins
START_PAGES = _words(
    """
    login.html logon.html welcome.html account accounts logon.aspx hana faces favicon.ico web-inf
    admin administrator login logon index.html index.htm index.jsp setup install installer console
    script info manager hmc default.aspx cgi-bin web webadmin userportal logins signin sign-in user
    session apps auth rest api services core cores select
    """
)
#: two or three segments that follow each other, at any place of a path
PAIRS = _by_name(
    {
        "java": """
            manager/html manager/text manager/status manager/jmxproxy console/login console/css
            console/images console/framework struts/webconsole app/kibana druid/index.html
            api/jsonws dubbo-admin/login gateway/routes actuator/env manage/env manage/health
            admin/env solr/admin plugins/servlet console/j_security_check em/console webapps/manager
            sling/cqform system/sling libs/granite libs/livecycle libs/cq bin/querybuilder.json
            v2/api-docs v3/api-docs mgmt/shared mgmt/tm logon/logonpoint nf/auth p/u mdm/checkin
            services/messagebroker cluster/apps cluster/cluster jars/upload axis2-web/happyaxis
            axis2/axis2-admin axis/services apimanui/api-manager ibm/console securityrealm/user
            mediation/authenticate mediation/domains portal/portalhelp clients/mycrl
        """,
        "vpn": """
            remote/login remote/fgt_lang remote/logincheck remote/info remote/error remote/saml
            remote/hostcheck_validate vpn/index.html vpn/tmindex.html vpn/pluginlist.xml vpn/logon
            vpn/user cache/sdesktop api/v1/totp api/v1/cav api/v2.0/cmdb api/sonicos api/fabric
            portal/redlion menu/neo menu/stapp sslvpn/portal api/sonicwall pages/en-us
        """,
        "router": """
            language/swedish system/deviceinfo userrpm/loginrpm level/15 evox/about cgi/networkdiag
            webui/logoutconfirm.html webui/index.html hp/device sws/index.sws ui/login.lp
            api/device/status goform/set_limitclient_cfg cgi/conf.bin jnap/core axis-media/media.amp
            view/viewer_index streaming/channels
        """,
        "php": """
            vendor/composer vendor/laravel vendor/phpunit server/php debug/default
            telescope/requests core/changelog.txt templates/system rss/order telescope/api
            _profiler/phpinfo horizon/api public/plugins storage/logs index/think sites/default
            components/com_jce app/etc system/storage admin/kcfinder plugins/jquery-file-upload
            js/kindeditor admin/fckeditor includes/fckeditor assets/kcfinder
            modules/mod_simplefileuploadv1
        """,
        "exchange": "owa/auth ecp/current autodiscover/autodiscover.json autodiscover/autodiscover.xml",
        "cloud": """
            latest/meta-data latest/user-data latest/dynamic computemetadata/v1 metadata/instance
            metadata/v1 opc/v1 opc/v2 v2/_catalog api/v1/pods api/v1/namespaces api/v1/secrets
            api/v1/nodes apis/apps v1/agent v1/kv v1/catalog v1/secret v1/sys containers/json
            images/json _cat/indices _cat/nodes grafana/login jobmanager/config minio/health
            _cluster/health _nodes/stats _db/_system aws/credentials config/aws.yml _search/scroll
            gcp/credentials minio/login minio/bootstrap
        """,
        "panel": """
            web/database database/manager database/selector frontend/paper_lantern
            3rdparty/phpmyadmin login/sls pentaho/login admin/phpmyadmin api/setup.json versa/login
            go/auth dex/auth ipa/ui ui/vropspluginui era/webconsole cp/shares users-permissions/auth
            mt/admin pki/images apps/zxtm webinterface/login.html iam/login cas/login wlm/login
            fuel/login sitecore/shell contao/login neos/login neos/setup
        """,
        "system": """
            etc/passwd etc/shadow etc/hosts etc/group etc/groups etc/issue etc/hostname etc/apache2
            etc/nginx etc/mysql etc/ssh proc/self proc/version proc/cmdline proc/1 bin/sh bin/bash
            bin/id var/log var/www usr/bin usr/local windows/system32 windows/win.ini winnt/system32
            root/.ssh
        """,
        "dev": """
            cvs/root cvs/entries cvs/repository rails/info rails/actions @fs/etc @fs/root @fs/proc
            @fs/app @fs/home @fs/c: @vite/env api/.env .git/config
        """,
    }
)
#: segments that are a name with more behind it: a version, a language, a misspelling
PATTERNS = tuple(
    (rule, re.compile(text))
    for rule, text in (
        (
            "db-admin",
            r"(?:php|pma|my|sql|mysql|db|web|p|_|2)?[-_]?(?:php)?[-_]?my[-_]?(?:sql)?[-_]?admin"
            r"[-_.]?[v\d][-_.\w]*",
        ),
        (
            "db-admin",
            r"(?:phpmyadmin|phppgadmin|phpmyadm|phpmyad|pma|pmd|adminer|phpmya)"
            r"(?=.)(?:[-_.]?(?:old|new|bak|bck|test|db|all-languages))*(?:[-_.]?v?\d[-_.\w]*)?",
        ),
        (
            "wordpress",
            r"(?:wp|wordpress)[-_]?(?:old|new|test|bak|backup|dev|site|blog|demo|beta|staging|\d{1,4})",
        ),
        ("wordpress", r"wp-(?:login|config|load|cron|signup|settings|mail)[._].*"),
        ("system", r"[a-z]:|\$\{.*|.*\$\{(?:ifs|jndi|env|sys|lower).*"),
        ("probe", r"(?:nmap(?:lower|upper)check\d*|nice ports,.*|w00tw00t.*)"),
        (
            "router",
            r"(?:hnap\d|goform\w*|gponform\w*|userrpm\w*|web_shell_\w+|set_\w+_cfg|deviceupgrade_\d|stok=.*)",
        ),
        ("java", r"(?:struts2?-\w[-\w]*|wls-\w+|jmx-\w+|\w*invokerservlet|class\.module\..*|bonita-\w+)"),
        (
            "config",
            r"(?:appsettings|web|application|bootstrap|docker-compose|composer|parameters|database|serverless)"
            r"[-_.][-_.\w]*\.(?:json|ya?ml|properties|config|lock)",
        ),
        (
            "secret",
            r"(?:.*[-_.])?(?:firebase-adminsdk|serviceaccount|service-account|aws-?keys?|gcp-?key"
            r"|secret-?keys?|private-?key|id_(?:rsa|dsa|ecdsa|ed25519))(?:[-_.][-_.\w]*)?\.?"
            r"(?:json|ya?ml|txt|csv|pem|key|pub|env|bak|old)",
        ),
        (
            "log",
            r"(?:error|access|debug|laravel|npm-debug|yarn-error|php_errors?|mysql|install|application|catalina)"
            r"(?:[-_.]\d[-\d]*)?[-_.]log(?:s|\.\d+)?(?:\.(?:gz|old|bak|zip))?",
        ),
    )
)
#: parts of what PATTERNS can match: a segment without one of them is compared with none of them
PATTERN_HINT = re.compile(
    r"my[-_]?admin|my[-_]?sql|php|pma|pmd|adminer|wp|wordpress|:|\$\{|nmap|nice p|w00t|hnap|goform"
    r"|gponform|userrpm|_shell_|_cfg|deviceup|stok=|struts|wls-|jmx-|invokers|class\.m|bonita-|settings|web[-_.]|applic|boots"
    r"|docker-|composer|param|database|serverl|firebase|account|aws|gcp|secret|private|id_|log"
)
