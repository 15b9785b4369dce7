import { readFileSync } from 'node:fs'
import { connectAsync, type MqttClient } from 'mqtt'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { REASON } from '../../node/gateways/mqtt-ingress.ts'
import { readView } from '../cluster/node-api.ts'
import { BAD_MESSAGES, VOID_MESSAGES } from './bad-messages.ts'
import { type LiveNet, type LiveNode, openLiveNet, rootsOf, waitFor } from './live-net.ts'
import { ask, recordOf, submit, submitFinal, waitForFinal } from './node-questions.ts'
import { claimDevices, type LiveDevice } from './spoken.ts'
import { openStranger } from './stranger.ts'

const test = suite('bad input')
/** Of pino. */
const LEVEL_ERROR = 50
/** So often that copies meet in one block. */
const ROUNDS = 4

let net: LiveNet
let urls: readonly string[]
let devices: readonly LiveDevice[]
let client: MqttClient

test.before(async () => {
  net = await openLiveNet(4, 0)
  urls = net.nodes.map(({ url }) => url)
  devices = await claimDevices(net, 5)
  client = await connectAsync(`mqtt://127.0.0.1:${net.nodes[0]?.ports.mqtt}`, {
    protocolVersion: 5,
    reconnectPeriod: 0
  })
  for (const one of devices) assert.equal(await outcomeOf(one.say().wire), ['applied', null])
})
test.after(async () => {
  await client?.endAsync(true)
  await net?.close()
})

function at(index: number): string {
  return urls[index] as string
}

function memberToPester(): { readonly key: string; readonly address: string } {
  const member = net.nodes[0]
  assert.ok(member?.memberId !== undefined)
  return { key: member.memberId, address: `/ip4/127.0.0.1/tcp/${member.ports.peer}` }
}

function device(index: number): LiveDevice {
  return devices[index] as LiveDevice
}

async function outcomeOf(wire: Uint8Array): Promise<readonly unknown[]> {
  const { status, body } = await submitFinal(at(0), wire)
  assert.is(status, 200, JSON.stringify(body))
  return [body.transaction?.outcome, body.transaction?.code]
}

/** The node lives, and the device says its next message as if nothing had been. */
async function goesOn(honest: LiveDevice): Promise<void> {
  assert.is((await fetch(`${at(0)}/livez`)).status, 200)
  assert.equal(await outcomeOf(honest.say().wire), ['applied', null])
}

async function sequenceAt(url: string, { name }: LiveDevice): Promise<unknown> {
  const { body } = await ask(url, `/v1/devices/${name}/readings?limit=1`)
  return body.readings?.[0]?.['sequence']
}

for (const { name, code, status, isStateless, make } of BAD_MESSAGES) {
  test(`a message ${name} is refused with ${code}, and changes nothing`, async () => {
    const honest = device(0)
    const before = await recordOf(at(0), honest.name)
    const wire = make(honest)
    const answer = await submit(at(0), wire)
    assert.is(answer.body.code, code)
    assert.is(answer.status, status)
    assert.match(answer.mediaType, /^application\/problem\+json/)
    assert.is(answer.body.type, `urn:thingmoot:problem:${code.toLowerCase().replaceAll('_', '-')}`)
    const reason = await publish(honest, wire)
    // On the topic of a device only that device is refused something.
    const ofDevice = code === 'DEVICE_UNKNOWN' ? REASON.notAuthorized : REASON.refused
    assert.is(reason, isStateless ? REASON.payloadInvalid : ofDevice)
    assert.is(await recordOf(at(0), honest.name), before)
    await goesOn(honest)
  })
}

for (const { name, code, say } of VOID_MESSAGES) {
  test(`a message with ${name} counts and is void with ${code}`, async () => {
    const honest = device(1)
    assert.equal(await outcomeOf(say(honest)), ['void', code])
    assert.is(await sequenceAt(at(0), honest), honest.sequence)
    await goesOn(honest)
  })
}

test('spoilt content does not stand in the way of the true one', async () => {
  const honest = device(0)
  const { wire } = honest.say()
  const spoilt = wire.slice()
  spoilt[spoilt.length - 1]! ^= 1
  const [, answer] = await Promise.all([submit(at(0), spoilt), submitFinal(at(0), wire)])
  assert.is(answer.body.transaction?.outcome, 'applied')
})

test('a copy with a bad signature does not stand in the way of the good one', async () => {
  const honest = device(0)
  const { wire } = honest.say({ content: new Uint8Array(0), contentKind: 3 })
  const forged = wire.slice()
  forged[forged.length - 40]! ^= 1
  const [bad, good] = await Promise.all([submit(at(0), forged), submitFinal(at(0), wire)])
  assert.is(bad.body.code, 'SIGNATURE_INVALID')
  assert.is(good.body.transaction?.outcome, 'applied')
})

test('the same bytes at all nodes at once, and again later, count once', async () => {
  const repeated = device(2)
  for (let round = 0; round < ROUNDS; round++) {
    const { wire, name } = repeated.say()
    await Promise.all(urls.map((url) => submit(url, wire)))
    const finals = await Promise.all(urls.map((url) => waitForFinal(url, name)))
    for (const url of urls) await submitFinal(url, wire)
    // A block more, so that whatever the copies came to is final too.
    await goesOn(device(0))
    for (const [index, url] of urls.entries()) {
      const { body } = await ask(url, `/v1/devices/${repeated.name}/readings`)
      const copies = body.readings?.filter(({ transactionId }) => transactionId === name)
      assert.is(copies?.length, 1)
      assert.is(body.readings?.[0]?.['sequence'], repeated.sequence)
      const now = (await ask(url, `/v1/transactions/${name}`)).body.transaction
      assert.equal([now?.outcome, now?.code, now?.height], ['applied', null, finals[index]?.height])
      const receipt = await waitFor(`a receipt at ${url}`, async () => {
        return (await ask(url, `/v1/receipts/${name}`)).body.receipt
      })
      assert.is(receipt.outcome, 'applied')
    }
  }
  await goesOn(repeated)
})

test('a message that comes too early waits, and counts when the missing one is there', async () => {
  const early = device(3)
  const [first, second, third] = [early.say(), early.say(), early.say()]
  for (const { wire } of [third, second]) {
    const { status, body } = await submit(at(0), wire)
    assert.is(status, 202)
    assert.is(body.transaction?.stage, 'pooled')
  }
  assert.is(await sequenceAt(at(0), early), early.sequence - 3)
  await submit(at(0), first.wire)
  for (const { name } of [first, second, third]) {
    const { outcome } = await waitForFinal(at(2), name)
    assert.is(outcome, 'applied')
  }
  await goesOn(early)
})

test('a stranger that speaks ahead in the name of a device does not keep it from speaking', async () => {
  const victim = device(3)
  const forged = victim.draft({ sequence: victim.sequence + 2, key: device(4).key })
  assert.is((await submit(at(0), forged.wire)).body.transaction?.stage, 'pooled')
  await goesOn(victim)
  await goesOn(victim)
  const { body } = await ask(at(0), `/v1/transactions/${forged.name}`)
  assert.is(body.transaction?.stage, 'dropped')
})

test('a libp2p stranger that claims a great height does not make a member doubt itself', async () => {
  const stranger = await openStranger(net.genesis.networkId, memberToPester())
  try {
    await waitFor('the stranger to be asked twice', async () =>
      stranger.timesAsked() >= 2 ? true : undefined
    )
    const { body, status } = await ask(at(0), '/readyz?verbose=1')
    assert.is(status, 200, JSON.stringify(body))
    await goesOn(device(4))
  } finally {
    await stranger.stop()
  }
})

test('a libp2p stranger that sends garbage everywhere harms nobody', async () => {
  const stranger = await openStranger(net.genesis.networkId, memberToPester())
  try {
    const { answered, taken } = await stranger.pester()
    assert.ok(answered > 0, 'the stranger was heard')
    assert.is(taken, 0)
  } finally {
    await stranger.stop()
  }
  for (const url of urls) {
    assert.is((await fetch(`${url}/livez`)).status, 200)
    const view = await readView(url)
    assert.equal([view?.state, view?.missingMembers], ['ready', []])
  }
  await goesOn(device(4))
})

test('after all of it the nodes agree, none has ended, and none has found a bug', async () => {
  const { roots } = await rootsOf(urls)
  assert.is(new Set(roots).size, 1)
  assert.equal(net.ends, [])
  assert.equal(net.nodes.flatMap(errorsOf), [])
})

test.run()

/** What a node logged as an error, or said outside its log. */
function errorsOf({ logPath }: LiveNode): readonly string[] {
  const lines = readFileSync(logPath, 'utf8').trim().split('\n')
  return lines.filter((line) => {
    if (line.startsWith('READY ')) return false
    return !line.startsWith('{') || JSON.parse(line).level >= LEVEL_ERROR
  })
}

/** Publishes to a device's topic; the reason code of the answer, 0 for none. */
async function publish(honest: LiveDevice, wire: Uint8Array): Promise<number> {
  const topic = `tm/${net.genesis.networkId}/d/${honest.name}/up`
  try {
    await client.publishAsync(topic, Buffer.from(wire), { qos: 1 })
    return 0
  } catch (error) {
    return (error as { code?: number }).code ?? -1
  }
}
