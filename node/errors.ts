/**
 * NodeError: the operator's and the world's troubles, each with a stable code.
 *
 * A stranger's fault is a Verdict and our own bug an invariant throw; what is
 * left are full disks, wrong settings, taken ports. Every such error carries
 * one line that names the file, key or path, and the exit code of the process.
 *
 * @module
 */

/** Exit codes of the daemon and its command line, after sysexits.h. */
export const EXIT_CODES: {
  readonly ok: 0
  /** Of `doctor` alone: it has answered, and something is to be done. */
  readonly unwell: 1
  readonly usage: 64
  readonly damaged: 65
  readonly noPeers: 69
  readonly bug: 70
  readonly locked: 73
  readonly disk: 74
  readonly configuration: 78
  readonly upgradeRequired: 79
} = {
  ok: 0,
  unwell: 1,
  usage: 64,
  damaged: 65,
  noPeers: 69,
  bug: 70,
  locked: 73,
  disk: 74,
  configuration: 78,
  upgradeRequired: 79
}

/** With these a node that is started again ends the same way: somebody has to act first. */
export const LASTING_EXIT_CODES: readonly number[] = [
  EXIT_CODES.usage,
  EXIT_CODES.damaged,
  EXIT_CODES.locked,
  EXIT_CODES.disk,
  EXIT_CODES.configuration,
  EXIT_CODES.upgradeRequired
]

/** Every code that a NodeError may carry, with the exit code it leads to when it is fatal. */
export const NODE_ERROR_CODES: Readonly<Record<string, number>> = {
  ADDRESS_IN_USE: EXIT_CODES.configuration,
  CONFIGURATION_WRONG: EXIT_CODES.configuration,
  DATA_DIRECTORY_DAMAGED: EXIT_CODES.damaged,
  DATA_DIRECTORY_EXISTS: EXIT_CODES.usage,
  DATA_DIRECTORY_LOCKED: EXIT_CODES.locked,
  DATA_DIRECTORY_MISSING: EXIT_CODES.configuration,
  DEVICE_BEHIND: EXIT_CODES.damaged,
  DISK_FULL: EXIT_CODES.disk,
  DISK_WRITE_FAILED: EXIT_CODES.disk,
  FILE_EXISTS: EXIT_CODES.usage,
  GENESIS_WRONG: EXIT_CODES.configuration,
  KEY_IN_USE: EXIT_CODES.locked,
  KEY_FILE_WRONG: EXIT_CODES.configuration,
  NOT_SEATED: EXIT_CODES.noPeers,
  NOT_WELL: EXIT_CODES.unwell,
  OWN_BUG: EXIT_CODES.bug,
  NODE_NOT_REACHED: EXIT_CODES.noPeers,
  NODE_NOT_READY: EXIT_CODES.noPeers,
  REQUEST_FAILED: EXIT_CODES.noPeers,
  STORAGE_DAMAGED: EXIT_CODES.damaged,
  STORAGE_FORMAT_UNKNOWN: EXIT_CODES.upgradeRequired,
  REFOUNDING_INCOMPLETE: EXIT_CODES.damaged,
  REFOUNDING_REFUSED: EXIT_CODES.usage,
  STORAGE_MISSING: EXIT_CODES.damaged,
  TESTNET_NOT_RUNNING: EXIT_CODES.noPeers,
  TESTNET_RUNNING: EXIT_CODES.locked,
  TOKEN_FILE_WRONG: EXIT_CODES.configuration,
  UPGRADE_NEEDED: EXIT_CODES.upgradeRequired,
  USAGE_WRONG: EXIT_CODES.usage,
  VERIFICATION_FAILED: EXIT_CODES.damaged,
  VOTE_LOG_FULL: EXIT_CODES.disk,
  VOTE_LOG_MISSING: EXIT_CODES.damaged
}

/** One trouble of the operator or the world. */
export class NodeError extends Error {
  override readonly name = 'NodeError'
  readonly code: string
  readonly exitCode: number

  /**
   * @param code    - one of {@link NODE_ERROR_CODES}
   * @param message - one line: what is wrong, where, and what to do
   * @param options - the error beneath, if there is one
   */
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.exitCode = NODE_ERROR_CODES[code] ?? EXIT_CODES.bug
  }
}
