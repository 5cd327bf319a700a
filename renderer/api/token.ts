const KEY = 'dormouse.token';

/**
 * The token comes in the fragment of the address, which browsers send to nobody. It moves to this tab's session storage,
 * so that a reload works, and out of the address bar, so that it is not bookmarked or shown.
 */
export function rememberToken(
  location: Pick<Location, 'hash' | 'pathname'>,
  storage: Pick<Storage, 'getItem' | 'setItem'>,
  history: Pick<History, 'replaceState'>,
): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    storage.setItem(KEY, given);
    history.replaceState(null, '', location.pathname);
  }
  return given ?? storage.getItem(KEY) ?? undefined;
}
