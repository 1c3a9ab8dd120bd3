//! Whose account is at the other end of the local socket? From the kernel's word and the machine's own lists.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use super::guard::identity::Peer;

/// The group whose members may use the local socket.
const GROUP: &str = "kraken";

/// The machine's accounts and groups, as text.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// /etc/passwd
    pub passwd: String,
    /// /etc/group
    pub group: String,
    /// The agent's own account.
    pub own: u32,
}

impl Accounts {
    /// Reads them now; a missing list is an empty one.
    #[must_use]
    pub fn read() -> Self {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        let own = fs::metadata("/proc/self").map_or(0, |of| of.uid());
        Self { passwd: text("/etc/passwd"), group: text("/etc/group"), own }
    }

    /// The other end with these credentials, if it may come in: root, the agent's own account, or a member of the group `kraken`.
    #[must_use]
    pub fn admit(&self, uid: u32, gid: u32) -> Option<Peer> {
        let name = self.name_of(uid);
        let owns_agent = uid == 0 || uid == self.own;
        let user = name.map_or_else(|| uid.to_string(), str::to_owned);
        (owns_agent || self.is_member(name, gid)).then_some(Peer::Socket { user, owns_agent })
    }

    fn name_of(&self, uid: u32) -> Option<&str> {
        let lines = self.passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
        lines.into_iter().find_map(|fields| match fields.as_slice() {
            [name, _, id, ..] if id.parse() == Ok(uid) => Some(*name),
            _ => None,
        })
    }

    fn is_member(&self, name: Option<&str>, gid: u32) -> bool {
        self.group.lines().any(|line| match line.split(':').collect::<Vec<_>>().as_slice() {
            [group, _, id, members] if *group == GROUP => {
                id.parse() == Ok(gid) || name.is_some_and(|name| members.split(',').any(|member| member.trim() == name))
            }
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        Accounts {
            passwd: "root:x:0:0::/root:/bin/sh\nkraken:x:990:990::/:/bin/false\nnils:x:1000:1000::/home/nils:/bin/sh\neve:x:1001:1001::/:/bin/sh\n".into(),
            group: "nils:x:1000:\nkraken:x:990:nils\nxkraken:x:5:eve\n".into(),
            own: 990,
        }
    }

    fn socket(user: &str, owns_agent: bool) -> Option<Peer> {
        Some(Peer::Socket { user: user.into(), owns_agent })
    }

    #[test]
    fn root_the_agent_and_the_group_come_in_and_nobody_else() {
        assert_eq!(accounts().admit(0, 0), socket("root", true));
        assert_eq!(accounts().admit(990, 990), socket("kraken", true));
        assert_eq!(accounts().admit(1000, 1000), socket("nils", false));
        assert_eq!(accounts().admit(1001, 1001), None);
        assert_eq!(accounts().admit(4242, 990), socket("4242", false));
        assert_eq!(accounts().admit(4242, 4242), None);
    }
}
