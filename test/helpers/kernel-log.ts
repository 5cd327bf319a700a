/** Lines by which Linux says that something is wrong, whatever the loglevel. */
const COMPLAINTS = [
  /\bWARNING: /,
  /\bBUG: /,
  /kernel BUG at/,
  /\bOops\b/,
  /Unable to handle kernel/,
  /rcu:? .*(stall|detected)/i,
  /soft lockup/,
  /Kernel panic/,
  /Internal error/,
  /undefined instruction/,
  /Call trace:/,
];

/** The lines of a console that a healthy boot does not have. */
export function complaintsIn(console: string): string[] {
  return console.split(/\r?\n/).filter((line) => COMPLAINTS.some((pattern) => pattern.test(line)));
}
