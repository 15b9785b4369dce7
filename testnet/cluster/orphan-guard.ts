/**
 * The orphan guard: ends a node when the testnet that started it is gone, however it went.
 *
 * A process killed outright runs no code of its own any more. So a shell beside each node waits at
 * the end of a pipe whose other end only the testnet holds: a line means "not needed any longer",
 * the end of the pipe without a line means that the testnet died.
 *
 * @module
 */

import { spawn } from 'node:child_process'

const GUARD_SCRIPT = 'read -r line || kill -s KILL -- "-$0"'

/** A guard on duty. */
export interface OrphanGuard {
  /** Sends the guard home: the node has ended by itself. */
  readonly dismiss: () => void
}

/** Sets a guard over a process group, named by the process that leads it. */
export function guardProcessGroup(groupPid: number): OrphanGuard {
  const guard = spawn('sh', ['-c', GUARD_SCRIPT, String(groupPid)], {
    // A group of its own: Ctrl-C in the terminal must not take the guard before the node.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore']
  })
  // Without a shell there is no guard; the node is then ended by the testnet's own stop only.
  guard.on('error', () => {})
  guard.stdin.on('error', () => {
    // The guard was ended from outside; there is nobody left to tell.
  })
  guard.unref()
  return { dismiss: () => void guard.stdin.end('dismissed\n') }
}
