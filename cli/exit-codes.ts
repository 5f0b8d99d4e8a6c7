/** What the command line ends with. A signal ends it as shells say it: 130 is Ctrl-C. */
export const EXIT = {
  ok: 0,
  /** There are findings, or the server (or the person asked) said no. */
  refused: 1,
  /** The command line itself is wrong: an option, a file that is not there, a setting. */
  usage: 2,
  /** No server, no key that it knows, or an outage on its side: the same call may work later. */
  outage: 3,
  /** A fault of the command line itself. */
  bug: 4,
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
