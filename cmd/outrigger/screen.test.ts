import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openScreen } from './screen.ts'

test('screen: draws what there is place for and gives the old screen back', () => {
  let written = ''
  const screen = openScreen(
    (text) => {
      written += text
    },
    () => 2,
  )
  screen.draw(['one', 'two', 'three'])
  assert.match(written, /\[\?1049h.*\[Hone.*\ntwo/s)
  assert.doesNotMatch(written, /three/)
  screen.close()
  assert.ok(written.endsWith('\u001b[?7h\u001b[?25h\u001b[?1049l'))
})
