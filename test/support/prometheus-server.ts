import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { asArray, asObject, asString } from '#lib/json.ts'
import { freePorts } from './relay-process.ts'

export const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0

export type PrometheusServer = {
  /** Values of the series that the query gives now. A query that cannot be evaluated is an error. */
  readonly query: (expr: string) => Promise<readonly number[]>
  /** The rules that it evaluates, with what went wrong. */
  readonly ruleErrors: () => Promise<readonly string[]>
  readonly close: () => Promise<void>
}

/** A real Prometheus that scrapes these operator ports every second, with these rule files. */
export async function startPrometheus(adminUrls: readonly string[], ruleFiles: readonly string[]): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-prometheus-'))
  const [port] = await freePorts(1)
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ruleFiles.map((file) => resolve(file)),
    scrape_configs: [{ job_name: 'relay', static_configs: [{ targets: adminUrls.map((url) => new URL(url).host) }] }],
  }
  const file = join(folder, 'prometheus.yaml')
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config))
  const child = spawn(
    'prometheus',
    [`--config.file=${file}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  const api = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)
    const body = asObject(await response.json())
    if (body['status'] !== 'success') throw new Error(`${path}: ${String(body['error'])}`)
    return asObject(body['data'])
  }
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
  if (!(await answers(`http://127.0.0.1:${port}/-/ready`))) {
    await close()
    throw new Error(`Prometheus did not start:\n${log}`)
  }
  return {
    async query(expr) {
      const { result } = await api(`query?query=${encodeURIComponent(expr)}`)
      return asArray(result).map((series) => Number(asArray(asObject(series)['value'])[1]))
    },
    async ruleErrors() {
      const { groups } = await api('rules')
      const rules = asArray(groups).flatMap((group) => asArray(asObject(group)['rules']).map(asObject))
      return rules.flatMap((rule) =>
        rule['health'] === 'ok'
          ? []
          : [`${asString(rule['name'])}: ${String(rule['health'])} ${String(rule['lastError'] ?? '')}`],
      )
    },
    close,
  }
}

async function answers(url: string): Promise<boolean> {
  for (let waited = 0; waited < 20_000; waited += 50) {
    try {
      if ((await fetch(url)).ok) return true
    } catch {
      // Not listening yet.
    }
    await new Promise((done) => setTimeout(done, 50))
  }
  return false
}
