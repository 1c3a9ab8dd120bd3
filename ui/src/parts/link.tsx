// Which page is open, and how does one get to another? Real addresses through the History API.
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type AnchorHTMLAttributes, type MouseEvent, type ReactNode } from "react";
import { href, readRoute, type Route } from "../route";

interface Place { route: Route; go: (to: Route, replace?: boolean) => void }
const PlaceContext = createContext<Place | null>(null);

function here(): Route {
  return readRoute(window.location.pathname, window.location.search);
}

export function PlaceProvider({ children }: { children: ReactNode }) {
  const [route, setRoute] = useState(here);
  useEffect(() => {
    const moved = () => setRoute(here());
    window.addEventListener("popstate", moved);
    return () => window.removeEventListener("popstate", moved);
  }, []);
  const go = useCallback((to: Route, replace = false) => {
    const address = href(to);
    const from = here();
    if (replace) window.history.replaceState(null, "", address);
    else if (address !== window.location.pathname + window.location.search) window.history.pushState(null, "", address);
    setRoute(to);
    // Tabs of one app keep the reader where they are; every other page begins at its top.
    if (!(to.page === "app" && from.page === "app" && to.app === from.app)) window.scrollTo(0, 0);
  }, []);
  const place = useMemo(() => ({ route, go }), [route, go]);
  return <PlaceContext.Provider value={place}>{children}</PlaceContext.Provider>;
}

export function usePlace(): Place {
  const place = useContext(PlaceContext);
  if (!place) throw new Error("usePlace needs PlaceProvider above it");
  return place;
}

type LinkProps = { to: Route; children: ReactNode } & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href">;

export function Link({ to, children, onClick, ...rest }: LinkProps) {
  const { go } = usePlace();
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    // New tabs and windows stay the browser's business.
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return <a {...rest} href={href(to)} onClick={follow}>{children}</a>;
}
