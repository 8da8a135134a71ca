/**
 * What routing by tier and by kind of request saves: the same traffic with everything on the best model and by the rules, on mock
 * providers at real prices. The same bill each time. Usage: make bench-bill [ARGS=requests]
 */
import { type Answered, best, runBill, total } from './bill-run.ts'
import type { Class, Tier } from './bill-traffic.ts'

const requests = Number(process.argv[2] ?? 400)
const bill = await runBill(requests)

console.log(`${requests} requests                share     on ${best}      routed     saved`)
for (const name of ['chat', 'documents', 'agent'] as const satisfies readonly Class[])
  for (const tier of ['premium', 'free'] as const satisfies readonly Tier[])
    row(`${tier} ${name}`, (answer) => answer.class === name && answer.tier === tier)
row('all', () => true)

console.log('\nrouted to')
for (const [target, answers] of Map.groupBy(bill.routed, ({ target: name }) => name))
  console.log(
    `  ${target.padEnd(30)} ${String(answers.length).padStart(4)} requests ${total(answers).toFixed(4).padStart(9)} USD`,
  )

const downgraded = bill.routed.filter(({ tier, target }) => tier === 'premium' && target !== best)
console.log(`\npremium requests that went to another model: ${downgraded.length}`)
console.log(`saved, as /status tells: ${bill.savedUsd.toFixed(4)} USD`)
if (downgraded.length > 0) process.exitCode = 1

function row(name: string, wanted: (answer: Answered) => boolean): void {
  const [was, is] = [total(bill.best, wanted), total(bill.routed, wanted)]
  const share = bill.best.filter(wanted).length / requests
  const saved = was === 0 ? 0 : 1 - is / was
  console.log(
    `${name.padEnd(28)} ${percent(share)} ${`${was.toFixed(4)} USD`.padStart(28)} ${`${is.toFixed(4)} USD`.padStart(15)} ${percent(saved)}`,
  )
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)} %`.padStart(8)
}
