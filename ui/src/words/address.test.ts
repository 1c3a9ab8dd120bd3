import { expect, it } from "vitest";
import { addressText, openable, phoneAddress, sourceText } from "./address";

it("an address is shown without what nobody types", () => {
  expect(addressText("http://192.168.1.4:20001/")).toBe("192.168.1.4:20001");
  expect(sourceText("https://git.home/max/scapenode.git")).toBe("git.home/max/scapenode");
  expect(sourceText("git@git.home:max/a.git")).toBe("git.home:max/a");
});
it("only web addresses may be opened", () => {
  expect(openable("javascript:alert(1)")).toBeNull();
  expect(openable("http://a.localhost")).toBe("http://a.localhost");
  expect(openable(null)).toBeNull();
});
it("a phone gets an address that is not the machine's own loopback", () => {
  expect(phoneAddress({ lan: ["http://10.0.0.5:20001"] }, "http://a.localhost:8080")).toBe("http://10.0.0.5:20001");
  expect(phoneAddress({ lan: [] }, "http://a.localhost:8080")).toBeNull();
  expect(phoneAddress({ lan: [] }, "http://127.0.0.1:20001/")).toBeNull();
  expect(phoneAddress({ lan: [] }, "http://pi.lan:20001")).toBe("http://pi.lan:20001");
});
