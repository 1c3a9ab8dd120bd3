// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Joining } from "../../api/types";
import { Agent, House } from "../../test-agent";
import { Found, isToken } from "./found";

const pi4 = { node: "n4", name: "pi4", platform: "0123456789abcdef", address: "192.168.1.20:7373" };
const fresh: Joining = { can_join: true, found: [pi4], handshakes: [] };

function open(joining: Joining) {
  const agent = new Agent({ "POST /joining": { id: "h1" } });
  const after = vi.fn();
  const { container } = render(<House><Found joining={joining} after={after} /></House>);
  return { agent, after, container, user: userEvent.setup() };
}

describe("other platforms on the network", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("a fresh machine joins the one that was found by one press", async () => {
    const { agent, after, user } = open(fresh);
    await user.click(screen.getByRole("button", { name: "Join the platform of pi4" }));
    await waitFor(() => expect(after).toHaveBeenCalled());
    expect(agent.sent("POST /joining")).toEqual([{ at: "192.168.1.20:7373" }]);
  });
  it("an invite and an address are told apart, also as the pasted command", async () => {
    const token = `${"a".repeat(26)}.${"0f".repeat(32)}`;
    const { agent, user } = open({ ...fresh, found: [] });
    for (const text of [`kraken join ${token}`, "192.168.1.21"]) {
      await user.click(screen.getByRole("textbox"));
      await user.paste(text);
      await user.click(screen.getByRole("button", { name: "Join it" }));
      await waitFor(() => expect((screen.getByRole("textbox") as HTMLInputElement).value).toBe(""));
    }
    expect(agent.sent("POST /joining")).toEqual([{ token }, { at: "192.168.1.21" }]);
    expect([isToken(token), isToken("pi4.local"), isToken("192.168.1.20:7373")]).toEqual([true, false, false]);
  });
  it("what is typed stays when it is refused", async () => {
    const { agent, user } = open(fresh);
    agent.problems["POST /joining"] = { status: 422, title: "Not reached", detail: "Nobody answers at 192.168.1.99", next: "Check the address" };
    await user.type(screen.getByRole("textbox"), "192.168.1.99");
    await user.click(screen.getByRole("button", { name: "Join it" }));
    expect(await screen.findByText("Nobody answers at 192.168.1.99. Check the address.")).toBeTruthy();
    expect((screen.getByRole("textbox") as HTMLInputElement).value).toBe("192.168.1.99");
  });
  it("a platform with apps joins nobody, and says how the other comes here", () => {
    open({ ...fresh, can_join: false });
    expect(screen.queryByRole("button")).toBeNull();
    expect(screen.getByText("kraken join")).toBeTruthy();
  });
  it("what is already being answered is not offered again, and an empty network shows nothing", () => {
    const handshake = { node: "n4" } as Joining["handshakes"][number];
    expect(open({ can_join: false, found: [pi4], handshakes: [handshake] }).container.querySelector(".panel")).toBeNull();
  });
});
