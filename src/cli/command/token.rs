//! What opens the door to programs? Tokens: made, listed, revoked.

use clap::{Subcommand, ValueEnum};
use http::Method;
use serde_json::json;

use crate::cli::Here;
use crate::cli::client::segment;
use crate::cli::error::RunCommandError;
use crate::cli::exit::Exit;
use crate::cli::table::Table;
use crate::cli::view::{NewToken, Token as View};
use crate::cli::words::moment;
use crate::edge::clock;

/// The commands below `kraken token`.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token and print it, once
    Create {
        /// What it is for
        name: String,
        /// What it may do
        #[arg(long = "scope", value_name = "SCOPE", value_enum, default_values_t = [Scope::Read, Scope::Write])]
        scopes: Vec<Scope>,
    },
    /// List the tokens
    List,
    /// Make a token worthless
    Revoke {
        /// Its id or its name
        token: String,
    },
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// See everything but secrets and keys
    Read,
    /// Change apps
    Write,
    /// Change who may come in, take and put the whole state
    Admin,
}

impl Scope {
    const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// `kraken token …`.
pub async fn run(here: &mut Here<'_>, command: Token) -> Result<(), RunCommandError> {
    match command {
        Token::Create { name, scopes } => {
            let words: Vec<&str> = scopes.into_iter().map(Scope::word).collect();
            let answer = here.client.change(Method::POST, "/tokens", &json!({ "name": name, "scopes": words })).await?;
            here.out.show(&answer, |made: NewToken, _| vec![made.token])?;
            here.out.note("It is shown only now. Put it into ~/.config/kraken/token (mode 0600) where it is used.");
            Ok(())
        }
        Token::List => {
            let answer = here.client.get("/tokens").await?;
            here.out.table(&answer, "No tokens. Make one with: kraken token create NAME", table)
        }
        Token::Revoke { token } => {
            let known: Vec<View> = here.client.get("/tokens").await?.read()?;
            let id = chosen(&known, &token)?;
            here.client.change(Method::DELETE, &format!("/tokens/{}", segment(&id)), &json!({})).await?;
            here.out.note(&format!("{token} opens nothing any more."));
            Ok(())
        }
    }
}

fn chosen(known: &[View], wanted: &str) -> Result<String, RunCommandError> {
    let by_name: Vec<&View> = known.iter().filter(|token| token.id == wanted || token.name == wanted).collect();
    match by_name.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => Err(RunCommandError::said(
            Exit::NotFound,
            format!("there is no token \"{wanted}\""),
            "See them with: kraken token list",
        )),
        _ => Err(RunCommandError::said(
            Exit::Refused,
            format!("{} tokens are named \"{wanted}\"", by_name.len()),
            "Name one by its id: kraken token list",
        )),
    }
}

fn table(tokens: &[View]) -> Table {
    let now = clock::wall();
    let mut table = Table::new(vec!["ID", "NAME", "MAY", "MADE", "USED"]);
    for token in tokens {
        table.push(vec![
            token.id.as_str().into(),
            token.name.as_str().into(),
            token.scopes.join(", ").into(),
            moment(&token.created_at, now).into(),
            token.last_used_at.as_deref().map_or_else(|| "never".to_owned(), |at| moment(at, now)).into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_named_by_its_id_or_by_a_name_that_only_it_has() {
        let token = |id: &str, name: &str| View { id: id.into(), name: name.into(), ..View::default() };
        let known = [token("1", "ci"), token("2", "phone"), token("3", "phone")];
        assert_eq!(chosen(&known, "ci").unwrap(), "1");
        assert_eq!(chosen(&known, "3").unwrap(), "3");
        assert_eq!(chosen(&known, "phone").unwrap_err().exit(), Exit::Refused);
        assert_eq!(chosen(&known, "x").unwrap_err().exit(), Exit::NotFound);
    }
}
