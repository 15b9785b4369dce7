/**
 * Breaks a connection as a failing link does: at once, whatever still waits to be sent.
 *
 * @module
 */

import type { Socket } from 'node:net'

/** Resets the connection without waiting for bytes that a stopped reader would never take. */
export function breakSocket(socket: Socket): void {
  if (socket.destroyed) return
  // A socket in the middle of its shutdown refuses a reset and would then never close; its end is
  // on the way already, so it just goes.
  const shuttingDown =
    socket.writableEnded && !socket.writableFinished && socket.writableLength === 0
  if (socket.connecting || shuttingDown) {
    socket.destroy()
    return
  }
  // resetAndDestroy by itself would send what is unsent and a polite end before the reset.
  socket.destroySoon = () => {
    socket.destroy()
  }
  socket.resetAndDestroy()
}
