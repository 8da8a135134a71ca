import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { oneNamespaceEach, oneShape } from '../../scripts/executable/lighter-modules.ts'
import { wrapper } from '../../scripts/executable/load-script.ts'

test('lighter modules: one name for what holds a module', () => {
  assert.equal(
    oneShape('var init_a=__esm({"lib/a.ts"(){a=1}}),b=__commonJS({"b.js"(exports,module){}})'),
    'var init_a=__esm({_(){a=1}}),b=__commonJS({_(exports,module){}})',
  )
})

test('lighter modules: the names of a module are copied once for all that import it in the same way', () => {
  const text = `${wrapper.before}return [__toESM(require_y()),__toESM(require_y()),__toESM(require_y(),1)]${wrapper.after}`
  const copy = (module: object, asNode: number | undefined): object => ({ module, asNode })
  const run: unknown = runInNewContext(oneNamespaceEach(text), { __toESM: copy, require_y: () => ({}) })
  assert.ok(typeof run === 'function')
  const [first, second, asNode]: unknown[] = run()
  assert.equal(second, first)
  assert.notEqual(asNode, first)
})
