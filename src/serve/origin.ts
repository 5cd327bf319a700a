/** The names a loopback server answers to. Any other Host header is a page elsewhere that points its own name at us. */
export function allowedHosts(port: number): readonly string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

/** A browser must come from our own page; a program (no Origin header) is held by the token alone. */
export function isAllowedOrigin(origin: string | undefined, port: number): boolean {
  return origin === undefined || allowedHosts(port).some((host) => origin === `http://${host}`);
}
