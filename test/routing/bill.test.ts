import assert from 'node:assert/strict'
import { test } from 'node:test'
import { best, runBill, total } from '../bench/bill-run.ts'

test('bill: routing by tier saves money, premium traffic is never downgraded, and it is the same each time', async () => {
  const bill = await runBill(60)
  const premium = bill.routed.filter(({ tier }) => tier === 'premium')
  assert.ok(premium.length > 5)
  assert.ok(
    premium.every(({ target }) => target === best),
    JSON.stringify(premium.find(({ target }) => target !== best)),
  )
  const [was, is] = [total(bill.best), total(bill.routed)]
  assert.ok(is < 0.8 * was, `${is} of ${was} USD`)
  assert.ok(Math.abs(bill.savedUsd - (was - is)) < 0.01 * was, `the relay says ${bill.savedUsd}, the bills ${was - is}`)
  assert.deepEqual((await runBill(60)).routed, bill.routed)
})
