# Run in the chroot of another release: nginx with the files of /pack/deploy/nginx, and a few clients.
# $1: the log format that fits this nginx; $2: how this nginx is told to speak HTTP/2
set -eu
mkdir -p /tmp/www /tmp/tmp
cd /tmp
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=lab.example \
    -keyout lab.key -out lab.crt 2>/dev/null
for number in $(seq 0 59); do echo "p { color: teal }" >"www/asset$number.css"; done
# the front's own place for its log, and no second listener of port 443
sed 's#/var/log/nginx/#/tmp/#; s#listen 443;#listen 8444;#; s#listen \[::\]:443;##' \
    /pack/deploy/nginx/ideolab-front.conf >front.conf
cat >nginx.conf <<EOF
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
user www-data;
worker_processes 1;
pid /tmp/nginx.pid;
error_log /tmp/error.log info;
include /pack/deploy/nginx/ideolab-feed.conf;
events { worker_connections 512; }
http {
    client_body_temp_path /tmp/tmp/body; proxy_temp_path /tmp/tmp/proxy; fastcgi_temp_path /tmp/tmp/fastcgi;
    uwsgi_temp_path /tmp/tmp/uwsgi; scgi_temp_path /tmp/tmp/scgi;
    access_log /tmp/combined.log;
    include /pack/deploy/nginx/ideolab-hardening.conf;
    include /pack/deploy/nginx/ideolab-slots.conf;
    include /pack/deploy/nginx/$1;
    include /pack/deploy/nginx/ideolab-served.conf;
    include /pack/deploy/nginx/ideolab-stalled.conf;
    access_log /tmp/ours.log ideolab;
    server {
        $2
        server_name lab.example;
        client_header_timeout 2s;
        client_body_timeout 2s;
        ssl_certificate /tmp/lab.crt; ssl_certificate_key /tmp/lab.key;
        root /tmp/www;
        include /pack/deploy/nginx/ideolab-server.conf;
        location /app { include /pack/deploy/nginx/ideolab-proxy.conf; proxy_pass http://127.0.0.1:9; }
        location /events { include /pack/deploy/nginx/ideolab-stream.conf; proxy_pass http://127.0.0.1:9; }
        location /rpc { include /pack/deploy/nginx/ideolab-stream.conf; grpc_pass grpc://127.0.0.1:9; }
    }
}
include /tmp/front.conf;
EOF
chown -R www-data /tmp/tmp
nginx -t -c /tmp/nginx.conf 2>&1 | sed 's/^/test: /'
ip link set lo up
nginx -c /tmp/nginx.conf 2>/dev/null
sleep 0.5
for _time in 1 2; do
    curl -sSk --http2 --parallel --parallel-max 60 --resolve lab.example:443:127.0.0.1 -o /dev/null \
        -w 'burst: %{http_code} %{http_version}\n' 'https://lab.example/asset[0-59].css' 2>/dev/null
done
# not one byte; half a request; a body that never comes; garbage
bash -c 'exec 3<>/dev/tcp/127.0.0.1/443; sleep 4' &
tls() { { printf "$1"; sleep 4; } | openssl s_client -quiet -connect 127.0.0.1:443 -servername lab.example >/dev/null 2>&1; }
tls 'GET / HTTP/1.1\r\nHost: lab.example\r\n' &
tls 'POST /app/x HTTP/1.1\r\nHost: lab.example\r\nContent-Length: 9\r\n\r\n1' &
bash -c 'exec 3<>/dev/tcp/127.0.0.1/443; printf "\x16\x03\x01\x00\x05hello" >&3; sleep 1' &
sleep 5
nginx -c /tmp/nginx.conf -s stop 2>/dev/null
sleep 0.5
sed 's/^/error: /' error.log
sed 's/^/combined: /' combined.log
sed 's/^/ours: /' ours.log
