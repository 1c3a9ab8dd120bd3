// Where do components get the house from? One store and one stream for the page that is open.
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { EMPTY_HOUSE, fold, furnish, withJoining, type House } from "./house";
import { get } from "./http";
import { asProblem, type Problem } from "./problem";
import { openStream } from "./stream";
import type { AppSummary, Conflict, Joining, Node, Platform, StreamEvent } from "./types";

/** `since`: when contact was lost, as Date.now(); null while it holds. */
export interface Contact { since: number | null }

export class HouseStore {
  private house: House = EMPTY_HOUSE;
  private contact: Contact = { since: null };
  private readonly changed = new Set<() => void>();
  private readonly ears = new Set<(event: StreamEvent) => void>();

  readonly getHouse = (): House => this.house;
  readonly getContact = (): Contact => this.contact;
  readonly subscribe = (then: () => void): (() => void) => {
    this.changed.add(then);
    return () => this.changed.delete(then);
  };
  /** Every stream event, for pages that show more than the house. */
  readonly listen = (ear: (event: StreamEvent) => void): (() => void) => {
    this.ears.add(ear);
    return () => this.ears.delete(ear);
  };

  hear(event: StreamEvent): void {
    this.put(fold(this.house, event));
    for (const ear of this.ears) ear(event);
  }
  furnish(platform: Platform, nodes: Node[], apps: AppSummary[], conflicts: Conflict[]): void {
    this.put(furnish(this.house, platform, nodes, apps, conflicts));
  }
  setJoining(joining: Joining): void {
    this.put(withJoining(this.house, joining));
  }
  setContact(live: boolean, now: number): void {
    if (live === (this.contact.since === null)) return;
    this.contact = { since: live ? null : now };
    this.tell();
  }
  private put(house: House): void {
    if (house === this.house) return;
    this.house = house;
    this.tell();
  }
  private tell(): void {
    for (const then of this.changed) then();
  }
}

/** How often the page asks who wants to join: the stream does not tell it, and a code is good for minutes. */
const JOINING_MS = 3000;
/** How long the first load waits for the stream to open. */
const ALONE_MS = 800;

const StoreContext = createContext<HouseStore | null>(null);
const AskJoining = createContext<() => void>(() => undefined);

async function load(store: HouseStore): Promise<void> {
  const [platform, nodes, apps, conflicts] = await Promise.all([get<Platform>("/platform"), get<Node[]>("/nodes"), get<AppSummary[]>("/apps"), get<Conflict[]>("/conflicts")]);
  store.furnish(platform, nodes, apps, conflicts);
}

/** Keeps what is known of joining fresh while somebody looks at the page; gives the way to ask at once. */
function useJoining(store: HouseStore): () => void {
  const ask = useCallback(() => {
    if (document.hidden) return;
    get<Joining>("/joining").then((joining) => store.setJoining(joining), () => undefined);
  }, [store]);
  useEffect(() => {
    ask();
    const timer = setInterval(ask, JOINING_MS);
    return () => clearInterval(timer);
  }, [ask]);
  return ask;
}

export function LiveHouse({ query, store: given, children }: { query: string; store?: HouseStore; children: ReactNode }) {
  const store = useMemo(() => given ?? new HouseStore(), [given]);
  useEffect(() => {
    let reload: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      clearTimeout(reload);
      // Several events of one change become one question. A failed load is not lost contact: the stream says that.
      reload = setTimeout(() => void load(store).catch(() => undefined), 50);
    };
    // Loaded once the stream is open, so that nothing can change unseen between the two; without a stream, soon.
    const alone = setTimeout(refresh, ALONE_MS);
    const stop = openStream(query, {
      contact: (live) => {
        store.setContact(live, Date.now());
        clearTimeout(alone);
        refresh();
      },
      event: (event) => {
        store.hear(event);
        if (event.name === "apps") refresh();
      },
    });
    return () => {
      clearTimeout(alone);
      clearTimeout(reload);
      stop();
    };
  }, [store, query]);
  const askJoining = useJoining(store);
  return <StoreContext.Provider value={store}><AskJoining.Provider value={askJoining}>{children}</AskJoining.Provider></StoreContext.Provider>;
}

/** Asks for the whole house again, after a change that no event tells of. */
export function useReload(): () => void {
  const store = useStore();
  return useCallback(() => void load(store).catch(() => undefined), [store]);
}

/** Asks about joining now, as after an answer was given. */
export function useAskJoining(): () => void {
  return useContext(AskJoining);
}

export function useStore(): HouseStore {
  const store = useContext(StoreContext);
  if (!store) throw new Error("useStore needs LiveHouse above it");
  return store;
}

export function useHouse(): House {
  const store = useStore();
  return useSyncExternalStore(store.subscribe, store.getHouse);
}

export function useContact(): Contact {
  const store = useStore();
  return useSyncExternalStore(store.subscribe, store.getContact);
}

export function useStream(ear: (event: StreamEvent) => void): void {
  const store = useStore();
  const latest = useRef(ear);
  useEffect(() => {
    latest.current = ear;
  });
  useEffect(() => store.listen((event) => latest.current(event)), [store]);
}

export interface Fetched<T> { data: T | null; problem: Problem | null; refetch: () => void }

/** The answer to a question, asked again whenever `stale` says an event outdated it; the old answer stays meanwhile. */
export function useFetched<T>(path: string | null, stale?: (event: StreamEvent) => boolean): Fetched<T> {
  const [answer, setAnswer] = useState<{ path: string; data: T | null; problem: Problem | null } | null>(null);
  const [round, setRound] = useState(0);
  const refetch = useCallback(() => setRound((n) => n + 1), []);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useStream((event) => {
    if (event.name !== "hello" && !stale?.(event)) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(refetch, 120);
  });
  useEffect(() => {
    if (path === null) return;
    const asking = new AbortController();
    get<T>(path, asking.signal)
      .then((data) => setAnswer({ path, data, problem: null }))
      .catch((error: unknown) => {
        if (asking.signal.aborted) return;
        setAnswer((before) => ({ path, data: before?.path === path ? before.data : null, problem: asProblem(error) }));
      });
    return () => asking.abort();
  }, [path, round]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const current = answer?.path === path ? answer : null;
  return { data: current?.data ?? null, problem: current?.problem ?? null, refetch };
}
