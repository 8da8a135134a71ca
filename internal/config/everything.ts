/**
 * A routing file with every key of the schema: configs/everything.yaml is written from it, and the examples of the JSON Schema are
 * taken from it. A test holds that no key is missing.
 */
export const everything = `# Every key of the routing file once, most with their defaults: to look things up in, not to begin with (that is minimal.yaml).
# What each means, and what happens when it is left out: docs/configuration.md. Written from internal/config/everything.ts.
# yaml-language-server: $schema=./routing.schema.json
version: 1
listen: 127.0.0.1:7070
admin: 127.0.0.1:7071

providers:
  anthropic: { api_key: "\${ANTHROPIC_API_KEY:-}" }
  openai:
    type: openai
    api_keys: ["\${OPENAI_KEY_A:-}", "\${OPENAI_KEY_B:-}"]
    base_url: https://api.openai.com/v1
    api: responses
    headers: { OpenAI-Project: proj_1 }
    timeouts: { connect: 2s, first_token: auto, answer: auto, idle: 20s, total: 10m }
    health: { interval: 30s, timeout: 5s, probe: models, status_url: "https://status.openai.com/api/v2/status.json" }
    limits: { rpm: 5000, tpm: 2000000, max_concurrent: 200 }
  gemini: { api_key: "\${GEMINI_API_KEY:-}" }
  vertex: { project: my-project, location: europe-west4 }
  bedrock:
    region: eu-central-1
    access_key_id: "\${AWS_ACCESS_KEY_ID:-AKIAEXAMPLE}"
    secret_access_key: "\${AWS_SECRET_ACCESS_KEY:-example}"
    session_token: "\${AWS_SESSION_TOKEN:-}"
  local: { type: openai-compatible, base_url: "http://127.0.0.1:8000/v1" }

models:
  smart:
    strategy: fallback
    targets:
      - anthropic/claude-opus-5-5
      - target: openai/gpt-5.6
        weight: 1
        context: 400000
        price:
          input: 2
          output: 10
          cached_input: 0.2
          cache_write: 2.5
          cache_write_1h: 4
          during:
            - {
                between: "22:00-06:00 Europe/Berlin",
                input: 1,
                output: 5,
                cached_input: 0.1,
                cache_write: 1.25,
                cache_write_1h: 2,
              }
      - { target: local/llama-4, lacks: [vision, audio] }
    max_price: { input: 20, output: 100 }
    affinity: prefix
    mirror: { target: gemini/gemini-3.7-flash, share: 1%, max_concurrent: 10 }
    unsupported: drop
    cache: true
    retry:
      attempts: 4
      on_failure: &on_failure
        server: same
        overloaded: next
        rate_limit: next
        timeout: next
        network: same
        malformed: next
        not_found: next
        context_length: larger
        content_filter: stop
        auth: rest_key
        billing: rest_key
        invalid_request: stop
      backoff: { base: 500ms, factor: 2, max: 8s, jitter: 0.2 }
      budget: 20%
    timeouts: { connect: 2s, first_token: auto, answer: auto, idle: 20s, total: 10m }
    stream: { on_break: continue, hold: first_token }
  canary:
    strategy: weighted
    sticky: user
    targets: [{ target: openai/gpt-4.1, weight: 95 }, { target: openai/gpt-5.6, weight: 5 }]
  cheap: { strategy: cost, targets: [gemini/gemini-3.7-flash, openai/gpt-4.1-mini] }
  embeddings: { targets: [openai/text-embedding-3-small] }
  "gpt-*": { targets: ["openai/gpt-*"] }

# Prices that go over the catalogue, re-read when the file changes.
prices: { file: everything.prices.yml }

rules:
  - when:
      tier: free
      priority: low
      model: "sm*"
      client: web
      tag: { app: chat }
      input_tokens: { min: 0, max: 100000 }
      needs: [tools]
      between: "22:00-06:00 Europe/Berlin"
      header: { x-team: legal }
    use: cheap
    strategy: cost
    max_price: { input: 1, output: 5 }
    only: [gemini, openai]
    ignore: [anthropic]
    lower_max_tokens: true
    timeouts: { first_token: 10s, answer: 20s, idle: 20s, total: 5m }
    retry: { attempts: 2 }
    cache: false

retry:
  attempts: 4
  on_failure: *on_failure
  backoff: { base: 500ms, factor: 2, max: 8s, jitter: 0.2 }
  budget: 20%
breaker:
  consecutive_errors: 3
  error_rate: 50%
  min_requests: 20
  open_for: 30s
  max_open_for: 5m
  max_ejected: 100%
  return: gradual
timeouts: { connect: 2s, first_token: auto, answer: auto, idle: 20s, total: 10m }
stream: { on_break: continue, hold: first_token }
media: { urls: refuse, max_size: 20MiB, timeout: 10s, max_urls: 20, allow: [files.internal] }
hedge: { after: p95, at_most: 5% }
health: { interval: 30s, timeout: 5s, probe: models, status_url: "https://status.example.com/api/v2/status.json", window: 100 }
alerts:
  - { name: errors, error_rate: 5%, over: 5m, min_requests: 20, webhook: "\${SLACK_WEBHOOK:-}", format: auto }
cache:
  ttl: 10m
  max_size: 64MiB
  scope: client
  semantic: { model: openai/text-embedding-3-small, threshold: 0.95, timeout: 1s, max_size: 32MiB }

clients:
  - name: web
    key: "\${WEB_KEY:-a-key-to-try}"
    expires: 2030-01-01
    tier: premium
    tags: { app: chat }
    models: [smart, cheap]
    max_concurrent: 50
    rpm: 600
    tpm: 200000
    budget: { usd: 50, per: day, alert_at: 80% }
  - name: batch
    keys: [{ key: "\${BATCH_KEY_NEW:-new-key}", until: 2031-01-01 }, { key: "\${BATCH_KEY_OLD:-old-key}", until: 2030-01-01 }]
    budget: [{ usd: 5, per: hour, alert_at: 80% }, { usd: 500, per: month, alert_at: 80% }]
# More of them, without a reload of this file.
clients_file: everything.clients.jsonl
jwt:
  - name: corp
    issuer: https://login.example.com
    audience: outrigger
    jwks: https://login.example.com/.well-known/jwks.json
    algorithms: [RS256, ES256]
    clock_tolerance: 30s
    refresh: 10m
    client: sub
    claims: { tier: plan, models: models, tags: { team: department } }
    grants:
      - when: { plan: [pro, max] }
        client: department
        tier: premium
        tags: { source: login }
        models: [smart]
        max_concurrent: 20
        rpm: 600
        tpm: 100000
        budget: { usd: 20, per: day, alert_at: 80% }
      - { budget: [{ usd: 1, per: hour, alert_at: 80% }, { usd: 2, per: day, alert_at: 80% }] }
guardrails:
  - name: pii
    when:
      tier: free
      priority: low
      model: smart
      client: web
      tag: { app: chat }
      input_tokens: { min: 1, max: 100000 }
      needs: [tools]
      between: "22:00-06:00 Europe/Berlin"
      header: { x-app: chat }
    max_request: 1MiB
    max_response: 100kB
    models: [smart, cheap]
    redact:
      patterns: [email, phone, { name: order_number, pattern: "ORD-[0-9]{6}", max_length: 100 }]
      in: [request, response]
      with: "[{name}]"
      on_match: redact
    hook: { url: "http://127.0.0.1:9000/check", token: "\${HOOK_TOKEN:-}", timeout: 1s, on_failure: closed }
usage:
  file: ./usage.jsonl
  http:
    url: "https://billing.example.com/usage"
    token: "\${BILLING_TOKEN:-}"
    batch: 500
    interval: 5s
    timeout: 10s
    max_pending: 16MiB
state:
  redis: "rediss://127.0.0.1:6379"
  mode: single
  master: mymaster
  tls: { ca: everything.pem, cert: everything.pem, key: everything.pem, server_name: redis.internal }
  prefix: "outrigger:"
  timeout: 100ms
  on_failure: open
limits: { max_body: 32MiB, max_concurrent: 2000, queue: 1000, queue_timeout: 5s, max_lag: 500ms }
telemetry: { otlp: "http://127.0.0.1:4318", sample: 100%, capture_content: false }
log: { level: info }
reload: { guard: 60s }
`
