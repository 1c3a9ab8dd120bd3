import { describe, expect, it } from "vitest";
import { appRoute, href, readRoute, streamQuery, type Route } from "./route";

describe("addresses", () => {
  const pages: Route[] = [
    { page: "home" }, { page: "deploy", url: undefined }, { page: "deploy", url: "git@host:a/b.git" }, { page: "deployment", id: "d 1" },
    appRoute("notes"), appRoute("notes", "env"), { page: "nodes" }, { page: "events" }, { page: "settings" },
  ];
  it.each(pages)("%o comes back from its own address", (route) => {
    const [path = "", query = ""] = href(route).split("?");
    expect(readRoute(path, query)).toEqual(route);
  });
  it("what is no page says so instead of guessing", () => {
    expect(readRoute("/apps/notes/shell")).toEqual({ page: "unknown", path: "/apps/notes/shell" });
    expect(readRoute("/admin").page).toBe("unknown");
    expect(readRoute("/apps/%E0%A4%A").page).toBe("app");
  });
});

it("each page asks its one stream for what it shows, and no more", () => {
  expect(streamQuery({ page: "settings" })).toBe("");
  expect(streamQuery(appRoute("notes", "logs"))).toBe("logs=notes");
  expect(streamQuery({ page: "deployment", id: "d1" })).toBe("build=d1");
  expect(streamQuery({ page: "home" })).toBe("vitals=1");
});
