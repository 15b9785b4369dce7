/**
 * What the tests of the command line share: the compiled program as a process, and a small network.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type GenesisDocument, parseGenesis } from '../../../config/index.ts'
import { plainTrustPolicy } from '../../../protocol/index.ts'
import { type NewNodeKeys, readNodeKeys } from '../../node-keys.ts'
import { parseFounder } from '../founder.ts'
import { createGenesisFile } from '../genesis.ts'
import { createKeyFolder } from '../keys.ts'
import { createMaker, type Maker } from '../maker.ts'

/** How a run of the program ended. */
export interface ProgramRun {
  readonly code: number | null
  readonly stdout: string
  readonly stdoutBytes: Uint8Array
  readonly stderr: string
}

/** The files of a network of one founder, in a folder of its own. */
export interface TestHome {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  readonly genesisPath: string
  readonly keysFolder: string
  readonly makerFolder: string
  readonly genesis: GenesisDocument
  readonly keys: Pick<NewNodeKeys, 'identity' | 'voteKeys'>
  readonly maker: Maker
}

/** The compiled program. */
export const ENTRY: string = fileURLToPath(new URL('../../main.js', import.meta.url))
const RUN_DEADLINE_MS = 20_000

/** Runs the program to its end. Nothing of this process's environment reaches it but PATH. */
export function runProgram(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  deadlineMs: number = RUN_DEADLINE_MS
): Promise<ProgramRun> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [ENTRY, ...args], {
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: deadlineMs
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (part: Buffer) => out.push(part))
  child.stderr.on('data', (part: Buffer) => err.push(part))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const stdoutBytes = new Uint8Array(Buffer.concat(out))
      const stdout = Buffer.concat(out).toString('utf8')
      resolve({ code, stdout, stdoutBytes, stderr: Buffer.concat(err).toString('utf8') })
    })
  })
}

/** Runs a test with a home of its own, which is removed afterwards. */
export function withHome(run: (home: TestHome) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cli-test-'))
    try {
      await run(await createHome(folder))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function createHome(folder: string): Promise<TestHome> {
  const keysFolder = join(folder, 'keys')
  const genesisPath = join(folder, 'genesis.json')
  const makerFolder = join(folder, 'maker')
  const place = { operatorId: new Uint8Array(16), region: 'oslo', weight: 1, endpoints: [] }
  await createKeyFolder(keysFolder, place, { kind: 'plain' })
  const maker = await createMaker(makerFolder)
  const founderPath = join(keysFolder, 'founder.json')
  const founder = parseFounder(await readFile(founderPath, 'utf8'), founderPath)
  const { vendorId } = maker.vendor
  await createGenesisFile(genesisPath, {
    networkId: 'test',
    founders: [founder],
    vendorGrants: [{ vendorId, birthCap: 100, claimsPerDay: 100, rateUnitsPerHour: 100_000 }],
    parameters: {},
    faultModel: 'byzantine',
    trust: plainTrustPolicy('open-vote'),
    timeMs: 1_700_000_000_000,
    regions: []
  })
  return {
    folder,
    environment: { THINGMOOT_HOME: join(folder, 'home') },
    genesisPath,
    keysFolder,
    makerFolder,
    genesis: parseGenesis(await readFile(genesisPath, 'utf8'), genesisPath),
    keys: await readNodeKeys(keysFolder, { kind: 'plain' }),
    maker
  }
}
