// An address that means nothing here, and the way back.
import { Link } from "../parts/link";
import { PageHead } from "../parts/page";

export function UnknownPage({ path }: { path: string }) {
  return (
    <div className="wrap">
      <PageHead title="There is no such page" tab="Not found" says={<>Nothing lives at <code>{path}</code>.</>} />
      <Link className="btn primary" to={{ page: "home" }}>Go home</Link>
    </div>
  );
}
