import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fittedUserId } from './user-id.ts'

test('a user’s name is kept as long as it fits, else digested the same way every time', () => {
  assert.equal(fittedUserId('u'.repeat(128), 128), 'u'.repeat(128))
  const long = fittedUserId(`${'u'.repeat(128)}1`, 128)
  assert.match(long, /^user_[0-9A-Za-z]{32}$/)
  assert.equal(long, fittedUserId(`${'u'.repeat(128)}1`, 128))
  assert.notEqual(long, fittedUserId(`${'u'.repeat(128)}2`, 128))
})
