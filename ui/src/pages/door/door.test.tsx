// @vitest-environment jsdom
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Door } from "./door";
import { weakness } from "./password";
import { takeSetupToken } from "./setup-token";

afterEach(() => vi.unstubAllGlobals());
const session = { signed_in: false, has_password: true, platform: "home" };

describe("a set-up link", () => {
  it("gives its token once and leaves neither address nor history", () => {
    const replaceState = vi.fn();
    const token = takeSetupToken({ hash: "#setup=abcdefgh1234", pathname: "/apps/a", search: "?x=1" }, { replaceState });
    expect(token).toBe("abcdefgh1234");
    expect(replaceState).toHaveBeenCalledWith(null, "", "/apps/a?x=1");
  });
  it("a mangled one is cleared as well and opens nothing", () => {
    const replaceState = vi.fn();
    expect(takeSetupToken({ hash: "#setup=<script>", pathname: "/", search: "" }, { replaceState })).toBeNull();
    expect(replaceState).toHaveBeenCalled();
  });
  it("other fragments are not touched", () => {
    const replaceState = vi.fn();
    expect(takeSetupToken({ hash: "#main", pathname: "/", search: "" }, { replaceState })).toBeNull();
    expect(replaceState).not.toHaveBeenCalled();
  });
});

describe("the door", () => {
  it("says in the machine's own words why it stays shut, and opens on the right password", async () => {
    const user = userEvent.setup();
    const onEnter = vi.fn();
    const answers = [
      new Response(JSON.stringify({ title: "Wrong password", detail: "That is not the password. 4 tries left, then a pause of 1 min." }), { status: 401 }),
      new Response(null, { status: 204 }),
    ];
    vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(answers.shift())));
    render(<Door session={session} problem={null} token={null} onEnter={onEnter} />);
    await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("4 tries left");
    expect(onEnter).not.toHaveBeenCalled();
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    await vi.waitFor(() => expect(onEnter).toHaveBeenCalled());
  });
  it("a set-up link asks for a password that is long enough, then posts both", async () => {
    const user = userEvent.setup();
    const fetched = vi.fn((_: string, _init: RequestInit) => Promise.resolve(new Response(null, { status: 204 })));
    vi.stubGlobal("fetch", fetched);
    const onEnter = vi.fn();
    render(<Door session={session} problem={null} token="tok" onEnter={onEnter} />);
    await user.type(screen.getByLabelText("New password"), "short{Enter}");
    expect(screen.getByRole("alert").textContent).toContain("at least 8");
    expect(fetched).not.toHaveBeenCalled();
    await user.type(screen.getByLabelText("New password"), " but longer{Enter}");
    await vi.waitFor(() => expect(onEnter).toHaveBeenCalled());
    expect(JSON.parse(String(fetched.mock.calls[0]?.[1].body))).toEqual({ token: "tok", password: "short but longer" });
  });
  it("without a password it says how to get one", () => {
    render(<Door session={{ ...session, has_password: false }} problem={null} token={null} onEnter={vi.fn()} />);
    expect(screen.getByText("kraken login")).toBeTruthy();
  });
});

it("length is all that is asked of a password, counted in characters", () => {
  expect(weakness("")).toContain("Choose");
  expect(weakness("a")).toContain("One character is");
  expect(weakness("🦑🦑🦑🦑🦑🦑🦑")).toContain("7 characters");
  expect(weakness("🦑🦑🦑🦑🦑🦑🦑🦑")).toBeNull();
});
