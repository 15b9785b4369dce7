import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { tightenProfile } from '../protocol/index.ts'
import { isPresetName, PRESET_NAMES, presetOverlay } from './presets.ts'
import { EASY_PROFILE } from './testing/fixtures.ts'
import { signAct, WalletWorld } from './testing/wallet-world.ts'

const test = suite('presets')

test('each preset tightens a class, none of them empties it, and twice is as once', () => {
  assert.equal(PRESET_NAMES, ['home', 'industrial', 'medical-safe', 'tracker'])
  for (const name of PRESET_NAMES) {
    const overlay = presetOverlay(name, true)
    const once = tightenProfile(EASY_PROFILE, overlay)
    assert.ok(once, name)
    assert.equal(tightenProfile(once!, overlay), once, name)
    assert.not.equal(once, EASY_PROFILE, name)
    assert.ok(isPresetName(name))
  }
  assert.not(isPresetName('toString'))
})

test('a life-saving device keeps its word on forks, and who cannot seal is not asked to', () => {
  assert.is(presetOverlay('medical-safe', true).onFork, null)
  for (const name of PRESET_NAMES) assert.is(presetOverlay(name, false).sealing, null, name)
})

test('the ledger takes each of them as an overlay', async () => {
  const world = new WalletWorld()
  const wallet = await world.wallet(1)
  await world.claim(wallet)
  for (const name of PRESET_NAMES) {
    const overlay = presetOverlay(name, true)
    const order = { kind: 'profile-set', classVersion: 1, updateVendorId: null, overlay } as const
    assert.equal(world.verdicts([await signAct(wallet, world, order)]), ['applied'])
  }
  const { ownership } = await world.facts()
  assert.equal(ownership.overlay, presetOverlay('tracker', true))
})

test.run()
