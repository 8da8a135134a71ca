import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A chat completion of about 2 KB, as an upstream answers it; `more` is what else its message has. */
export function answerBody(
  content = 'The quick brown fox jumps over the lazy dog. '.repeat(36).trim(),
  more: object = {},
): string {
  return JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'bench',
    choices: [
      { index: 0, message: { role: 'assistant', content, refusal: null, ...more }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 400, completion_tokens: 380, total_tokens: 780 },
  })
}

/** A stream of `count` chunks, sent at once. */
export function streamBody(count: number): string {
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'bench', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
  return [
    chunk({ role: 'assistant', content: '' }, null),
    ...Array.from({ length: count }, (_, at) => chunk({ content: `word ${at} ` }, null)),
    chunk({}, 'stop'),
    'data: [DONE]\n\n',
  ].join('')
}

/** The ports of the upstream: plain, and with TLS, where it may offer HTTP/2 too. */
export type UpstreamPorts = { readonly plain: number; readonly tls?: { readonly h1: number; readonly h2: number } }

/**
 * Writes nginx's configuration as the upstream: below `/v1` a whole answer, below `/stream` one in chunks, below `/protocol` one
 * that names the protocol it was asked in, below `/large-NAME` what the folder has as `large-NAME.json`. Gives the file's path.
 */
export function writeUpstream(folder: string, ports: UpstreamPorts): string {
  writeFileSync(join(folder, 'answer.json'), answerBody())
  writeFileSync(join(folder, 'answer.sse'), streamBody(100))
  const { tls } = ports
  const listeners = [
    `listen 127.0.0.1:${ports.plain};`,
    ...(tls === undefined ? [] : [`listen 127.0.0.1:${tls.h1} ssl;`, `listen 127.0.0.1:${tls.h2} ssl http2;`]),
  ]
  // Both ways in would share the option otherwise: nginx takes HTTP/2 for a whole address, so each has its own server.
  const servers = listeners.map((listener) => upstreamServer(folder, listener, tls !== undefined))
  return write(folder, 'upstream', servers.join('\n  '))
}

function upstreamServer(folder: string, listener: string, tls: boolean): string {
  const certificate =
    tls && listener.includes('ssl') ? `ssl_certificate ${folder}/tls.crt; ssl_certificate_key ${folder}/tls.key;` : ''
  return `server {
    ${listener} ${certificate}
    root ${folder};
    location /stream/ { error_page 405 =200 /answer.sse; try_files /answer.sse =404; }
    location = /answer.sse { types { } default_type text/event-stream; ssi on; ssi_types text/event-stream; }
    location = /answer.json { types { } default_type application/json; }
    location /protocol/ { default_type application/json; return 200 '${answerBody('$server_protocol')}'; }
    location ~ ^/large-([a-z]+)/ { error_page 405 =200 /large-$1.json; try_files /large-$1.json =404; }
    location ~ ^/large-[a-z]+.json$ { types { } default_type application/json; }
    location / { error_page 405 =200 /answer.json; try_files /answer.json =404; }
  }`
}

/** Writes nginx's configuration as a plain proxy in front of an origin; `ca` is the certificate to be trusted. Gives the file's path. */
export function writeProxy(folder: string, port: number, upstream: { readonly origin: string; readonly ca?: string }): string {
  const { protocol, host } = new URL(upstream.origin)
  const trust =
    upstream.ca === undefined
      ? ''
      : `proxy_ssl_verify on; proxy_ssl_name 127.0.0.1; proxy_ssl_trusted_certificate ${upstream.ca};`
  return write(
    folder,
    `proxy-${port}`,
    `upstream provider { server ${host}; keepalive 1024; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass ${protocol}//provider; ${trust} proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }`,
  )
}

/** Makes a certificate for 127.0.0.1 that signs itself: `tls.crt` and `tls.key` in the folder. Gives the certificate's path. */
export function makeCertificate(folder: string): string {
  const certificate = join(folder, 'tls.crt')
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-keyout', join(folder, 'tls.key'), '-out', certificate]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...kind, ...names, ...files], { stdio: 'ignore' })
  return certificate
}

function write(folder: string, name: string, servers: string): string {
  const path = join(folder, `${name}.conf`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${name}-${kind};`)
    .join(' ')
  writeFileSync(
    path,
    `worker_processes 1;
daemon off;
pid ${folder}/${name}.pid;
error_log ${folder}/${name}.log;
events { worker_connections 8192; }
http {
  access_log off;
  ${temporary}
  client_max_body_size 64m;
  keepalive_requests 1000000;
  ${servers}
}
`,
  )
  return path
}
