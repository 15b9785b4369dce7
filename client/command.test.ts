import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  controllers,
  encodeCbor,
  equalBytes,
  type PrivateKey,
  readDeviceMessageEnvelope,
  toHex
} from '../protocol/index.ts'
import { COMMAND_MAX_BYTES, encodeReply, openCommand, openReply, signCommand } from './command.ts'
import { COMMAND_INTERRUPTED } from './command-receiver.ts'
import { ClientError } from './errors.ts'
import {
  CONTROLLER,
  CommandedWorld,
  DONE,
  OPEN_DOOR,
  SECURE_ELEMENT
} from './testing/commanded-world.ts'
import { seededRandom } from './testing/fixtures.ts'
import { LATE_MS } from './testing/sealed-world.ts'

const test = suite('commands')

for (const [name, key] of [
  ['Ed25519', CONTROLLER],
  ['ES256', SECURE_ELEMENT]
] as const)
  test(`a command of an ${name} controller is done, and answered on the ledger for it alone`, async () => {
    const commanded = await CommandedWorld.start(91)
    const { world } = commanded
    const sent = await commanded.sign(1, { key })
    const [delivery] = commanded.deliver([sent])
    const followed = await commanded.receive(delivery!)
    assert.equal(commanded.done, ['open the door of the garage'])
    assert.ok(followed.reply.ok)
    assert.equal(await world.carry(), [{ outcome: 'applied', code: null }])
    if (!followed.reply.ok) return
    const { content, message } = readDeviceMessageEnvelope(followed.reply.value.wire)!
    assert.is(message.contentKind, 2)
    const { replySecret } = sent
    const reply = openReply(content, { ...sent, commandId: sent.transactionId })
    assert.ok(reply.ok && reply.value.resultCode === 0)
    if (reply.ok) assert.equal(reply.value.answer, DONE)
    const bytes = toHex(Uint8Array.of(...world.wires.flatMap((wire) => [...wire])))
    for (const secret of [OPEN_DOOR, DONE, replySecret])
      assert.is(bytes.includes(toHex(secret)), false)
  })

test('a command is done at most once: not when it is handed over again, nor after a restart', async () => {
  const commanded = await CommandedWorld.start(92)
  const [first, second, third] = commanded.deliver([
    await commanded.sign(1),
    await commanded.sign(2),
    await commanded.sign(3)
  ])
  await commanded.receive(first!)
  await commanded.receive(third!)
  const restarted = commanded.openReceiver()
  for (const delivery of [first!, second!, third!])
    assert.is(await commanded.faultOf(delivery, restarted), 'COMMAND_PASSED')
  const [fourth] = commanded.deliver([await commanded.sign(4)])
  await commanded.receive(fourth!, restarted)
  assert.is(commanded.done.length, 3)
})

test('where the place cannot be stored nothing is done, and after a crash nothing twice', async () => {
  const commanded = await CommandedWorld.start(93)
  const [first, second] = commanded.deliver([await commanded.sign(1), await commanded.sign(2)])
  commanded.storage.fates.push('dies-before')
  assert.is(
    await codeOf(commanded.receiver.receive(first!, commanded.world.network)),
    'RECORD_NOT_WRITTEN'
  )
  assert.is(commanded.done.length, 0)
  await commanded.receive(first!, commanded.openReceiver())
  commanded.storage.fates.push('dies-after')
  assert.is(
    await codeOf(commanded.receiver.receive(second!, commanded.world.network)),
    'RECORD_NOT_WRITTEN'
  )
  assert.is(await commanded.faultOf(second!, commanded.openReceiver()), 'COMMAND_PASSED')
  assert.is(commanded.done.length, 1)
})

test('what a crash cut off is answered at the next start, once, and not done again', async () => {
  const commanded = await CommandedWorld.start(98)
  const { device } = commanded.world
  const sent = await commanded.sign(1)
  const [delivery] = commanded.deliver([sent])
  const dying = commanded.openReceiver({
    act: async () => {
      throw new Error('the power is gone')
    }
  })
  assert.is(
    await codeOf(dying.receive(delivery!, commanded.world.network)),
    'Error: the power is gone'
  )
  const restarted = commanded.openReceiver()
  const answered = await restarted.resume()
  assert.ok(answered?.ok)
  if (answered?.ok !== true) return
  const { content } = readDeviceMessageEnvelope(answered.value.wire)!
  const { replySecret } = sent
  const reply = openReply(content, { replySecret, commandId: sent.transactionId })
  assert.ok(reply.ok && reply.value.resultCode === COMMAND_INTERRUPTED)
  assert.is(await restarted.resume(), undefined)
  assert.is(await commanded.faultOf(delivery!, restarted), 'COMMAND_PASSED')
  assert.is(commanded.done.length, 0)
  assert.is(device.pending().length, 1)
})

test('a reply that reached the outbox before a crash is not said again', async () => {
  const commanded = await CommandedWorld.start(99)
  const { device } = commanded.world
  const [delivery] = commanded.deliver([await commanded.sign(1)])
  commanded.storage.fates.push('kept', 'dies-before')
  assert.is(
    await codeOf(commanded.receiver.receive(delivery!, commanded.world.network)),
    'RECORD_NOT_WRITTEN'
  )
  assert.is(device.pending().length, 1)
  const resumed = await commanded.openReceiver().resume()
  assert.ok(resumed?.ok && equalBytes(resumed.value.messageId, device.pending()[0]!.messageId))
  assert.is(device.pending().length, 1)
  assert.is(commanded.done.length, 1)
})

test('what the ledger did not let count is not done: no right, no turn, no time', async () => {
  const commanded = await CommandedWorld.start(94)
  const { world } = commanded
  const stranger: PrivateKey = { algorithm: 'Ed25519', bytes: new Uint8Array(32).fill(0xc9) }
  const early = world.claimed.ledger.genesis.timeMs
  for (const [sent, code] of [
    [await commanded.sign(1, { key: stranger }), 'CONTROLLER_UNKNOWN'],
    [await commanded.sign(0), 'COMMAND_SEQUENCE_USED'],
    [await commanded.sign(1, { notAfterMs: early }), 'COMMAND_EXPIRED']
  ] as const) {
    assert.equal(world.execute([sent.wire]), [{ outcome: 'refused', code }])
    const receipt = world.claimed.ledger.receipt(sent.transactionId)
    assert.is(await commanded.faultOf({ wire: sent.wire, receipt }), 'COMMAND_NOT_APPLIED')
  }
  assert.is(commanded.done.length, 0)
  assert.equal(
    world.read(controllers)?.map(({ commandSequence }) => commandSequence),
    [0, 0]
  )
})

test('a receipt of another command, a spoilt command and another device lead to nothing', async () => {
  const commanded = await CommandedWorld.start(95)
  const [first, second] = commanded.deliver([await commanded.sign(1), await commanded.sign(2)])
  assert.is(
    await commanded.faultOf({ wire: first!.wire, receipt: second!.receipt }),
    'RECEIPT_OF_OTHER_TRANSACTION'
  )
  assert.is(
    await commanded.faultOf({ wire: first!.wire, receipt: new Uint8Array(9) }),
    'RECEIPT_MALFORMED'
  )
  // The encoder may give a Buffer, whose slice is no copy.
  const spoilt = Uint8Array.from(first!.wire)
  spoilt[100]! ^= 1
  assert.is(await commanded.faultOf({ ...first!, wire: spoilt }), 'COMMAND_MALFORMED')
  const beat = await commanded.world.say(3, new Uint8Array(0))
  assert.is(await commanded.faultOf({ ...first!, wire: beat }), 'COMMAND_MALFORMED')
  const { networkTag, claimed } = commanded.world
  const { encryptionSecret } = claimed.birth.secrets
  const other = { networkTag, deviceId: new Uint8Array(32), encryptionSecret }
  assert.equal(await openCommand(first!.wire, other), {
    ok: false,
    fault: 'COMMAND_OF_OTHER_DEVICE'
  })
  const wrongSecret = commanded.openReceiver({ encryptionSecret: new Uint8Array(32).fill(1) })
  assert.is(await commanded.faultOf(first!, wrongSecret), 'SEAL_WRONG')
  const later = { ...commanded.world.device.state, incarnation: 1 }
  const reborn = commanded.openReceiver({
    device: { state: later, say: () => assert.unreachable() as never }
  })
  assert.is(await commanded.faultOf(first!, reborn), 'COMMAND_OF_OTHER_INCARNATION')
  assert.is(commanded.done.length, 0)
})

test('a command has the size that its page says, and none that is too large is sealed', async () => {
  const commanded = await CommandedWorld.start(96)
  const { world } = commanded
  // A hundred bytes and their tag; a sequence of one byte, a time of nine.
  const sent = await commanded.sign(1, { plaintext: new Uint8Array(100) })
  assert.is(sent.wire.length, 312)
  const most = await commanded.sign(2, { plaintext: new Uint8Array(COMMAND_MAX_BYTES) })
  assert.equal(
    world.execute([sent.wire, most.wire]).map(({ outcome }) => outcome),
    ['applied', 'applied']
  )
  const options = {
    networkTag: world.networkTag,
    deviceId: world.deviceId,
    incarnation: 0,
    encryptionKey: world.ownership.encryptionKey,
    controllerKey: CONTROLLER,
    commandSequence: 3,
    notAfterMs: LATE_MS,
    plaintext: new Uint8Array(COMMAND_MAX_BYTES + 1)
  }
  const tooLarge = { ok: false, fault: 'COMMAND_TOO_LARGE' }
  assert.equal(await signCommand(options, world.randomBytes), tooLarge)
  const weak = { ...options, plaintext: OPEN_DOOR, encryptionKey: new Uint8Array(32) }
  assert.equal(await signCommand(weak, world.randomBytes), {
    ok: false,
    fault: 'PUBLIC_KEY_WEAK'
  })
})

test('a reply answers its own command, with its own code, or nothing', () => {
  const randomBytes = seededRandom(97)
  const [commandId, replySecret] = [randomBytes(32), randomBytes(32)]
  const sent = { commandId, replySecret }
  const content = encodeReply({ commandId, resultCode: 3, answer: DONE }, replySecret, randomBytes)
  const opened = openReply(content, sent)
  assert.ok(opened.ok && opened.value.answer !== null && equalBytes(opened.value.answer, DONE))
  const plain = encodeReply({ commandId, resultCode: 4, answer: null }, replySecret, randomBytes)
  assert.ok(openReply(plain, sent).ok)
  const faultOf = (bytes: Uint8Array, by = sent): string => {
    const read = openReply(bytes, by)
    return read.ok ? 'READ' : read.fault
  }
  assert.is(faultOf(content, { ...sent, commandId: randomBytes(32) }), 'REPLY_TO_OTHER_COMMAND')
  assert.is(faultOf(content, { ...sent, replySecret: randomBytes(32) }), 'REPLY_SEAL_WRONG')
  assert.is(faultOf(encodeCbor([commandId, 3, new Uint8Array(31)])), 'REPLY_SEAL_WRONG')
  const spoilt = Uint8Array.from(content)
  spoilt[spoilt.length - 1]! ^= 1
  assert.is(faultOf(spoilt), 'REPLY_SEAL_WRONG')
  // The result code is bound: 3 stands right behind the id.
  const recoded = Uint8Array.from(content)
  recoded[1 + 2 + 32] = 0
  assert.is(faultOf(recoded), 'REPLY_SEAL_WRONG')
  assert.is(faultOf(new Uint8Array(3)), 'REPLY_MALFORMED')
})

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'NONE'
  } catch (error) {
    return error instanceof ClientError ? error.code : String(error)
  }
}

test.run()
