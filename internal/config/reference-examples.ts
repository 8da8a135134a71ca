/** An example for each block of docs/configuration.md; a test reads them all together as one routing file. */
export const blockExamples: Readonly<Record<string, string>> = {
  providers: `
providers:
  anthropic: { api_key: "\${ANTHROPIC_API_KEY}" }
  openai: { api_keys: ["\${OPENAI_KEY_A}", "\${OPENAI_KEY_B}"] }
  gemini: { api_key: "\${file:/run/secrets/gemini}" }
  deepseek: { api_key: "\${DEEPSEEK_API_KEY:-}", timeouts: { idle: 60s } }
  azure: { api_key: "\${AZURE_OPENAI_API_KEY}", base_url: "https://my-resource.openai.azure.com/openai/v1", api: responses }
  vertex: { project: my-project, location: europe-west4 }
  bedrock: { region: eu-central-1 }
  local: { type: openai-compatible, base_url: "http://127.0.0.1:8000/v1", health: { probe: off } }
`,
  models: `
models:
  smart:
    strategy: fallback
    targets:
      - anthropic/claude-opus-5-5
      - openai/gpt-5.6
      - target: gemini/gemini-3.7-flash
        price: { input: 0.75, output: 3.75, cached_input: 0.075 }
        context: 1000000
  "gpt-*": { targets: ["openai/*"] }
  fast: { strategy: latency, targets: [deepseek/deepseek-v4-flash, local/llama-4], timeouts: { total: 30s } }
`,
  prices: `
prices: { file: prices.yaml }
`,
  rules: `
rules:
  - when: { tier: free }
    use: fast
  - when: { priority: low, between: "22:00-06:00 Europe/Berlin" }
    strategy: cost
  - when: { input_tokens: { min: 50000 }, needs: [vision] }
    ignore: [deepseek]
    timeouts: { total: 5m }
  - when: { model: smart, priority: low }
    strategy: cost
    max_price: { input: 1, output: 5 }
  - when: { header: { x-team: legal } }
    only: [anthropic]
`,
  retry: `
retry:
  attempts: 4
  on_failure: { server: same, overloaded: next, content_filter: stop }
  backoff: { base: 500ms, factor: 2, max: 8s, jitter: 0.2 }
  budget: 20%
`,
  breaker: `
breaker: { consecutive_errors: 3, error_rate: 50%, min_requests: 20, open_for: 30s, max_open_for: 5m, max_ejected: 50%, return: gradual }
`,
  timeouts: `
timeouts: { connect: 2s, first_token: auto, idle: 20s, total: 10m }
`,
  stream: `
stream: { on_break: continue, hold: first_token }
`,
  media: `
media: { urls: fetch, max_size: 20MiB, timeout: 10s, allow: [files.internal] }
`,
  hedge: `
hedge: { after: p95, at_most: 5% }
`,
  health: `
health: { interval: 30s, window: 100, timeout: 5s, probe: models }
`,
  alerts: `
alerts:
  - { error_rate: 5%, over: 5m, min_requests: 20, webhook: "\${SLACK_WEBHOOK:-}" }
`,
  cache: `
cache: { ttl: 10m, max_size: 64MiB, semantic: { model: openai/text-embedding-3-small, threshold: 0.95 } }
`,
  clients: `
clients:
  - { name: web, key: "\${WEB_KEY}", tier: premium, models: [smart, fast], rpm: 600, tpm: 200000, budget: { usd: 50, per: day } }
`,
  jwt: `
jwt:
  - name: corp
    issuer: https://login.example.com
    audience: outrigger
    jwks: https://login.example.com/.well-known/jwks.json
    claims: { tier: plan, tags: { team: department } }
    grants:
      - { when: { plan: [pro, max] }, rpm: 600, budget: [{ usd: 2, per: hour }, { usd: 20, per: day }] }
      - { when: { roles: research }, client: department, models: [smart], budget: { usd: 500, per: month } }
      - { rpm: 10, models: [fast] }
`,
  guardrails: `
guardrails:
  - { name: secrets, redact: { patterns: [api_key, private_key, password], on_match: deny } }
  - { name: free, when: { tier: free }, models: [fast], max_request: 64KiB }
  - { name: desk, when: { model: smart }, hook: { url: "http://127.0.0.1:9000/check", timeout: 500ms, on_failure: closed } }
`,
  usage: `
usage: { file: ./usage.jsonl, http: { url: "https://billing.example.com/usage", token: "\${BILLING_TOKEN:-}" } }
`,
  state: `
state: { redis: "redis://127.0.0.1:6379" }
`,
  limits: `
limits: { max_body: 32MiB, max_concurrent: 2000, queue: 1000, queue_timeout: 5s, max_lag: 500ms }
`,
  telemetry: `
telemetry: { otlp: "http://127.0.0.1:4318", capture_content: false }
`,
  log: `
log: { level: info }
`,
  reload: `
reload: { guard: 60s }
`,
}
