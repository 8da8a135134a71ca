import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A chat completion of about 2 KB, as an upstream answers it. */
export function answerBody(): string {
  const content = 'The quick brown fox jumps over the lazy dog. '.repeat(36).trim()
  return JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'bench',
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' }],
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

/** Writes nginx's configurations: the upstream that all relays call, and nginx as a relay. Gives their paths. */
export function writeNginx(
  folder: string,
  ports: { readonly upstream: number; readonly proxy: number },
): { readonly upstream: string; readonly proxy: string } {
  writeFileSync(join(folder, 'answer.json'), answerBody())
  writeFileSync(join(folder, 'answer.sse'), streamBody(100))
  const upstream = write(
    folder,
    'upstream',
    `server {
    listen 127.0.0.1:${ports.upstream};
    root ${folder};
    location /stream/ { error_page 405 =200 /answer.sse; try_files /answer.sse =404; }
    location = /answer.sse { types { } default_type text/event-stream; }
    location = /answer.json { types { } default_type application/json; }
    location / { error_page 405 =200 /answer.json; try_files /answer.json =404; }
  }`,
  )
  const proxy = write(
    folder,
    'proxy',
    `upstream provider { server 127.0.0.1:${ports.upstream}; keepalive 256; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${ports.proxy};
    location / { proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }`,
  )
  return { upstream, proxy }
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
events { worker_connections 4096; }
http {
  access_log off;
  ${temporary}
  keepalive_requests 1000000;
  ${servers}
}
`,
  )
  return path
}
