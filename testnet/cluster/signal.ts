/**
 * Signals to whole process groups.
 *
 * @module
 */

/**
 * Signals a process and all it has started.
 *
 * @param groupPid - the process that was started as the leader of its own group
 * @returns whether anybody was there to hear it
 */
export function signalProcessGroup(groupPid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-groupPid, signal)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Some systems answer EPERM for a group of which only ended, unreaped processes are left.
    if (code === 'ESRCH' || code === 'EPERM') return false
    throw error
  }
}
