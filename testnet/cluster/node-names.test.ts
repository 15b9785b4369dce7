import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { planRegions, REGION_SETS } from '../regions/region-set.ts'
import { isNodeNamed, nameNodes } from './node-names.ts'

const test = suite('node names')

test('a node is called after its city, and the second one there gets a number', () => {
  assert.equal(nameNodes(['stockholm', 'sao-paulo', 'stockholm']), [
    { name: 'Stockholm', slug: 'stockholm' },
    { name: 'São Paulo', slug: 'sao-paulo' },
    { name: 'Stockholm 2', slug: 'stockholm-2' }
  ])
})

test('names are unique in every set, however many nodes there are', () => {
  for (const set of REGION_SETS) {
    const names = nameNodes(planRegions(set, 40).regions)
    assert.is(new Set(names.map(({ slug }) => slug)).size, 40)
    assert.is(new Set(names.map(({ name }) => name)).size, 40)
  }
})

test('a name is found as people type it, and as it is printed', () => {
  const [, saoPaulo, second] = nameNodes(['stockholm', 'sao-paulo', 'stockholm'])
  for (const typed of ['São Paulo', 'sao paulo', 'SAO-PAULO', ' sao_paulo '])
    assert.ok(isNodeNamed(saoPaulo!, typed), typed)
  for (const node of nameNodes(planRegions('global', 30).regions))
    assert.ok(isNodeNamed(node, node.name), node.name)
  assert.not(isNodeNamed(second!, 'stockholm'))
})

test.run()
