import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryLedger } from '../api/testing/memory-ledger.ts'
import { systemClock } from '../clock.ts'
import { FORMAT } from './coap-codes.ts'
import { createCoapGateway } from './coap-gateway.ts'
import { encodeCoap } from './coap-message.ts'
import { blockOption, numberOption, OPTION } from './coap-options.ts'
import { AMPLIFICATION_MAX } from './coap-sources.ts'
import {
  type CoapPeer,
  type CoapWorld,
  codeText,
  optionNumber,
  textOf,
  withCoap
} from './testing/coap-world.ts'

const test = suite('CoAP gateway under hostile clients')

const POST = 2

/** Waits until the gateway has dealt with all that was sent to it before. */
async function settle(world: CoapWorld): Promise<void> {
  const peer = await world.open()
  for (let round = 0; round < 3; round++)
    assert.is(codeText(await peer.ask({ path: 'nowhere' })), '4.04')
}

async function isServing({ open, device, ledger }: CoapWorld): Promise<boolean> {
  const peer = await open()
  const readings = await ledger.service.readings(device.deviceId, NEWEST)
  const next = (readings?.[0]?.sequence ?? 0) + 1
  const payload = device.message(next)
  return codeText(await peer.ask({ code: POST, path: `d/${device.hexId}`, payload })) === '2.01'
}

const NEWEST = { limit: 1, beforeSequence: null, incarnation: null, isRival: false }

/** Long answers of every kind, and the wishes that would bring more of them later. */
async function temptingRequests(peer: CoapPeer, { device }: CoapWorld): Promise<Uint8Array[]> {
  const latest = `d/${device.hexId}/latest`
  const askings = [
    { path: '.well-known/core' },
    { path: '.well-known/core?rt=*' },
    { path: latest },
    { path: latest, accept: FORMAT.cbor },
    { path: latest, accept: FORMAT.json },
    { path: latest, observe: 0 },
    { path: `d/${device.hexId}/down`, observe: 0 },
    { path: latest, accept: FORMAT.cbor, options: [blockOption(OPTION.block2, BIG)] },
    { path: latest, accept: FORMAT.cbor, options: [numberOption(OPTION.size2, 0)] },
    { path: `t/${device.transactionId(1)}` },
    { path: 'd' },
    { path: '' },
    { code: POST, path: 't', payload: Uint8Array.of(1) },
    { code: POST, path: `d/${device.hexId}`, payload: device.message(1) },
    { code: POST, path: 't', options: [numberOption(OPTION.size1, 1_000_000)] },
    { path: latest, options: [{ number: 9, value: Uint8Array.of(1) }] },
    { path: '.well-known/core', options: [{ number: OPTION.echo, value: new Uint8Array(8) }] }
  ]
  const types = ['confirmable', 'non-confirmable'] as const
  const tokens = [new Uint8Array(0), new Uint8Array(8)]
  const written = askings.flatMap((asking) =>
    types.flatMap((type) => tokens.map((token) => peer.write({ ...asking, type, token })))
  )
  return [
    ...written,
    Uint8Array.of(0x40, 0, 0, 1),
    Uint8Array.of(0x40, 0x45, 0, 2),
    Uint8Array.of(0x49, 1, 0, 3),
    Uint8Array.of(0x40, 1, 0, 4)
  ]
}
const BIG = { number: 0, more: false, sizeBytes: 1024 }

test(
  'who forges its address has no more than three bytes sent there for each of its own (G05)',
  withCoap(async (world) => {
    const { open, ledger, device, bugs } = world
    await ledger.service.submit(device.message(1), 'test')
    ledger.finalise()
    let worst = 0
    let sum = [0, 0]
    for (const bytes of await temptingRequests(await open(), world)) {
      // A victim of its own for each: nothing of what others sent counts for it.
      const victim = await open()
      for (let times = 0; times < 3; times++) victim.sendBytes(bytes)
      await settle(world)
      await ledger.service.submit(device.message(2 + sum[0]!), 'test')
      ledger.finalise()
      await settle(world)
      const ratio = victim.bytesIn() / victim.bytesOut()
      assert.ok(ratio <= AMPLIFICATION_MAX, `${ratio} for ${Buffer.from(bytes).toString('hex')}`)
      worst = Math.max(worst, ratio)
      sum = [sum[0]! + victim.bytesIn(), sum[1]! + victim.bytesOut()]
    }
    process.stdout.write(
      `  worst ${worst.toFixed(2)} bytes out for one in, ${(sum[0]! / sum[1]!).toFixed(2)} over all\n`
    )
    assert.equal(bugs, [])
  })
)

test(
  'any bytes, and messages with any part of them changed, harm nobody',
  withCoap(async (world) => {
    const { open, bugs } = world
    const peer = await open()
    await peer.verify()
    const models = await temptingRequests(peer, world)
    const changed = fc
      .tuple(fc.constantFrom(...models), fc.nat(), fc.nat(255), fc.nat(40))
      .map(([bytes, at, value, cut]) => {
        const copy = Uint8Array.from(bytes)
        copy[at % copy.length] = value
        return cut === 0 ? copy.subarray(0, at % copy.length) : copy
      })
    const anyBytes = fc.oneof(changed, fc.uint8Array({ maxLength: 200 }))
    for (const [index, bytes] of fc.sample(anyBytes, 20_000).entries()) {
      peer.sendBytes(bytes)
      // No faster than a socket's buffer can hold.
      if (index % 100 === 99) await settle(world)
    }
    assert.equal(bugs, [])
    assert.ok(await isServing(world))
  })
)

test(
  'block by block nobody brings in more than one body may have, nor leaves gaps',
  withCoap(async (world) => {
    const { open, device, bugs } = world
    const peer = await open()
    const path = `d/${device.hexId}`
    const put = async (
      number: number,
      more: boolean,
      payload: Uint8Array,
      sizeBytes = 1024
    ): Promise<string> => {
      const options = [blockOption(OPTION.block1, { number, more, sizeBytes })]
      const answer = await peer.ask({ code: POST, path, options, payload })
      return `${codeText(answer)} ${textOf(answer)}`
    }
    const block = new Uint8Array(1024)
    assert.is(await put(3, true, block), '4.08 BLOCK_MISSING')
    assert.is(await put(0, true, block.subarray(1)), '4.00 BLOCK_WRONG')
    assert.is(await put(0, false, block, 512), '4.00 BLOCK_WRONG')
    assert.is(await put(0, true, block), '2.31 ')
    assert.is(await put(2, true, block), '4.08 BLOCK_MISSING')
    assert.is(await put(1, true, block), '4.08 BLOCK_MISSING')
    for (let number = 0; number < 64; number++) assert.is(await put(number, true, block), '2.31 ')
    assert.is(await put(64, true, block), '4.13 BODY_TOO_LARGE')
    assert.is(await put(1_048_575, true, block), '4.13 BODY_TOO_LARGE')
    const announced = await peer.ask({
      ...{ code: POST, path, payload: block },
      options: [
        blockOption(OPTION.block1, { number: 0, more: true, sizeBytes: 1024 }),
        numberOption(OPTION.size1, 65_537)
      ]
    })
    assert.equal([codeText(announced), optionNumber(announced, OPTION.size1)], ['4.13', 65_536])
    const whole = await peer.ask({ code: POST, path, payload: new Uint8Array(2_049) })
    assert.equal([codeText(whole), optionNumber(whole, OPTION.block1)], ['4.13', 6])
    assert.equal(bugs, [])
    assert.ok(await isServing(world))
  })
)

test(
  'one address has 32 bodies under way at most',
  withCoap(async ({ open }) => {
    const peers = await Promise.all(Array.from({ length: 33 }, open))
    const options = [blockOption(OPTION.block1, { number: 0, more: true, sizeBytes: 16 })]
    const codes: string[] = []
    for (const peer of peers) {
      const asking = { code: POST, path: 't', options, payload: new Uint8Array(16) }
      codes.push(codeText(await peer.ask(asking)))
    }
    assert.equal(codes, [...Array(32).fill('2.31'), '5.03'])
  })
)

test(
  'one address observes so much and no more, and is told at once that it does not',
  withCoap(async ({ open, device, ledger, bugs }) => {
    await ledger.service.submit(device.message(1), 'test')
    ledger.finalise()
    const path = `d/${device.hexId}/latest`
    const peer = await open()
    await peer.verify()
    const observe = async (number: number): Promise<boolean> => {
      const answer = await peer.ask({ path, observe: 0, token: Uint8Array.of(number) })
      assert.is(codeText(answer), '2.05')
      return optionNumber(answer, OPTION.observe) !== undefined
    }
    for (let number = 0; number < 64; number++) assert.ok(await observe(number))
    // The same token again takes the place of the one before.
    assert.ok(await observe(0))
    assert.not(await observe(64))
    await peer.ask({ path, observe: 1, token: Uint8Array.of(7) })
    assert.ok(await observe(64))
    assert.equal(bugs, [])
  })
)

test(
  'all addresses together observe so much and no more',
  withCoap(
    async ({ open, device, ledger }) => {
      await ledger.service.submit(device.message(1), 'test')
      ledger.finalise()
      const numbers: (number | undefined)[] = []
      for (let count = 0; count < 4; count++) {
        const peer = await open()
        await peer.verify()
        const answer = await peer.ask({ path: `d/${device.hexId}/latest`, observe: 0 })
        numbers.push(optionNumber(answer, OPTION.observe))
      }
      assert.equal(
        numbers.map((number) => number !== undefined),
        [true, true, true, false]
      )
    },
    { observersMax: 3 }
  )
)

test(
  'what answers nothing is not answered, so no two of us can be set on each other',
  withCoap(async (world) => {
    const peer = await world.open()
    const rest = { token: new Uint8Array(0), options: [], payload: new Uint8Array(0) }
    for (const type of ['acknowledgement', 'reset', 'non-confirmable'] as const)
      for (const code of [0x45, 0x84, 0xa0, 0xe1, 0x20])
        peer.sendBytes(encodeCoap({ ...rest, type, code, messageId: 1 }))
    peer.sendBytes(Uint8Array.of(0x50, 0, 0, 1))
    peer.sendBytes(Uint8Array.of(0x59, 1, 0, 1))
    await settle(world)
    assert.is(peer.bytesIn(), 0)
    peer.sendBytes(encodeCoap({ ...rest, type: 'confirmable', code: 0x45, messageId: 9 }))
    const answer = await peer.next()
    assert.equal([answer.type, answer.code, answer.messageId], ['reset', 0, 9])
  })
)

test(
  'a port that is taken is named',
  withCoap(async ({ port }) => {
    const { service, networkTag } = createMemoryLedger()
    const options = { host: '127.0.0.1', port, networkTag, requestsPerSecond: 1, observersMax: 1 }
    const ports = { ledger: service, clock: systemClock, reportBug: () => undefined }
    const gateway = createCoapGateway(options, ports)
    const error = await gateway.start().catch((thrown) => thrown)
    assert.is(error.code, 'ADDRESS_IN_USE')
    assert.match(error.message, new RegExp(`CoAP 127\\.0\\.0\\.1:${port}`))
    await gateway.stop()
  })
)

test.run()
