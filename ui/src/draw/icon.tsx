// What does each action look like? 20 px line icons; they never carry state.
import type { ReactNode } from "react";

const drawings = {
  home: <><path d="M3.5 9.2 10 3.8l6.5 5.4V16a.8.8 0 0 1-.8.8H4.3a.8.8 0 0 1-.8-.8Z"/><path d="M7 12.6q1.5-1.2 3 0t3 0"/></>,
  nodes: <><circle cx="10" cy="4.8" r="2"/><circle cx="4.6" cy="14.6" r="2"/><circle cx="15.4" cy="14.6" r="2"/><path d="M9 6.6 5.6 12.8M11 6.6l3.4 6.2M6.7 14.6h6.6"/></>,
  deploy: <><path d="M10 12.8V3.6M6.4 7 10 3.4 13.6 7"/><path d="M3.4 12.4v2.8c0 .9.7 1.6 1.6 1.6h10c.9 0 1.6-.7 1.6-1.6v-2.8"/></>,
  events: <><path d="M7.6 5h9M7.6 10h9M7.6 15h9"/><circle cx="4" cy="5" r=".6"/><circle cx="4" cy="10" r=".6"/><circle cx="4" cy="15" r=".6"/></>,
  more: <><circle cx="4.5" cy="10" r="1"/><circle cx="10" cy="10" r="1"/><circle cx="15.5" cy="10" r="1"/></>,
  search: <><circle cx="9" cy="9" r="5.2"/><path d="m13 13 3.8 3.8"/></>,
  open: <><path d="M11.4 3.6h5v5M16.2 3.8 9.4 10.6M14.2 11.6v4a.9.9 0 0 1-.9.9H4.5a.9.9 0 0 1-.9-.9V6.8c0-.5.4-.9.9-.9h4"/></>,
  copy: <><rect x="7" y="7" width="9.4" height="9.4" rx="1.4"/><path d="M4.6 12.8a1 1 0 0 1-1-1V4.6a1 1 0 0 1 1-1h7.2a1 1 0 0 1 1 1"/></>,
  back: <><path d="M4 9.6h8.2a4 4 0 0 1 0 8H8M4 9.6l3.4-3.4M4 9.6 7.4 13" transform="translate(0 -1.6)"/></>,
  again: <><path d="M15.9 11.4A6 6 0 1 1 15 6.6M15.6 3.4v3.6H12"/></>,
  log: <><path d="M5 3.4h7l3.4 3.4v9a.8.8 0 0 1-.8.8H5a.8.8 0 0 1-.8-.8V4.2c0-.4.4-.8.8-.8Z"/><path d="M7 9.4h6M7 12.6h4.2"/></>,
  lock: <><rect x="4.4" y="8.8" width="11.2" height="7.8" rx="1.4"/><path d="M7 8.8V6.6a3 3 0 0 1 6 0v2.2"/></>,
  key: <><circle cx="6.8" cy="13.2" r="3"/><path d="m9 11 7-7M13.4 6.6l2 2"/></>,
  branch: <><circle cx="5.6" cy="4.8" r="1.7"/><circle cx="5.6" cy="15.2" r="1.7"/><circle cx="14.4" cy="6.8" r="1.7"/><path d="M5.6 6.5v7M14.4 8.5c0 3-4.4 2.6-7.4 5.2"/></>,
  down: <><path d="M10 3.6v9M6.6 9.4l3.4 3.4 3.4-3.4M4 16.4h12"/></>,
  plus: <><path d="M10 4.4v11.2M4.4 10h11.2"/></>,
  x: <><path d="m5 5 10 10M15 5 5 15"/></>,
  chev: <><path d="m8 5 5 5-5 5"/></>,
  trash: <><path d="M4 5.8h12M8 5.6V4.2c0-.4.3-.8.8-.8h2.4c.5 0 .8.4.8.8v1.4M5.6 5.8l.7 9.9c0 .5.4.9.9.9h5.6c.5 0 .9-.4.9-.9l.7-9.9"/></>,
  temp: <><path d="M8 11.4V5.2a2 2 0 0 1 4 0v6.2a3.4 3.4 0 1 1-4 0Z"/><path d="M10 9v5"/></>,
  light: <><path d="M7.9 8.2h4.2l1.3 8.4H6.6Z"/><path d="M7.6 8.2 10 5l2.4 3.2M7.4 12.4h5.2M4.4 6.2 2.6 5.4M4.4 8.6l-1.8.6M15.6 6.2l1.8-.8M15.6 8.6l1.8.6M10 5V3.4"/></>,
  eye: <><path d="M2.8 10S5.4 5.2 10 5.2 17.2 10 17.2 10 14.6 14.8 10 14.8 2.8 10 2.8 10Z"/><circle cx="10" cy="10" r="2.2"/></>,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof drawings;

export function Icon({ name, small = false }: { name: IconName; small?: boolean }) {
  return (
    <svg className={small ? "i small-i" : "i"} viewBox="0 0 20 20" aria-hidden="true">
      {drawings[name]}
    </svg>
  );
}
