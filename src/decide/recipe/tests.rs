//! Which Dockerfile, with what, for which kind of app; and when two builds are the same version.

use std::collections::BTreeSet;

use super::*;
use crate::decide::manifest::{Context, parse};
use crate::model::facts::Facts;

fn manifest(config: &str) -> Manifest {
    let text = format!("[app]\nname = \"web\"\n[config]\n{config}");
    let parsed = parse(&text, &Context::default());
    parsed.manifest.unwrap_or_else(|| panic!("{:#?}", parsed.findings))
}

fn recipe_of(config: &str) -> Recipe {
    recipe(&manifest(config))
}

fn facts(files: &[(&str, &str)]) -> Facts {
    let texts: BTreeMap<_, _> = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Facts { name: "web".to_owned(), files: texts.keys().cloned().collect::<BTreeSet<_>>(), texts }
}

#[test]
fn a_node_app_is_built_by_its_dockerfile_with_every_argument_it_is_promised() {
    let config = "port = 3000\nlang = \"node@22\"\nrun = \"npm start\"\nbuild = \"npm run css\"\ntest = \"npm test\"\n\
                  [build]\npackages = [\"ffmpeg\", \"git\"]\nargs = { MODE = \"small\" }\n\
                  [[volume]]\nname = \"a\"\npath = \"/a\"\n[[volume]]\nname = \"b\"\npath = \"/b\"\n";
    let recipe = recipe_of(config);
    assert_eq!(recipe.dockerfile, DockerfileSource::Builtin { path: ".kraken/node.dockerfile".to_owned() });
    let args: Vec<_> = recipe.args.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let expected =
        "BUILD=npm run css, DIR=, MODE=small, PACKAGES=ffmpeg git, PORT=3000, SPA=, TEST=npm test, VERSION=22, VOLUMES=/a /b";
    assert_eq!(args.join(", "), expected);
    assert_eq!(recipe.command.unwrap(), ["sh", "-c", "exec npm start"]);
    let test = recipe.test.unwrap();
    assert_eq!((test.target, test.command.last().map(String::as_str)), (Some("built"), Some("npm test")));
}

#[test]
fn a_default_that_stands_in_the_dockerfile_is_not_passed() {
    let node = recipe_of("lang = \"node\"\n");
    assert!(!node.args.contains_key("VERSION"));
    assert_eq!(node.command, None);
    let site = recipe_of("lang = \"static\"\n");
    assert!(!site.args.contains_key("DIR"));
    assert_eq!(recipe_of("lang = \"static\"\ndir = \".\"\n").args["DIR"], ".");
}

#[test]
fn a_site_is_built_first_where_it_has_a_build() {
    let path = |config| match recipe_of(config).dockerfile {
        DockerfileSource::Builtin { path } => path,
        other => panic!("{other:?}"),
    };
    assert_eq!(path("lang = \"static\"\n"), ".kraken/static.dockerfile");
    assert_eq!(path("lang = \"static\"\nbuild = \"npm run build\"\n"), ".kraken/static-build.dockerfile");
    assert_eq!(recipe_of("lang = \"static\"\nspa = true\n").args["SPA"], "1");
}

#[test]
fn custom_and_image_are_taken_as_they_are() {
    let custom =
        recipe_of("lang = \"custom\"\nport = 80\n[build]\ndockerfile = \"docker/Dockerfile\"\nargs = { PORT = \"80\" }\n");
    assert_eq!(custom.dockerfile, DockerfileSource::InRepository { path: "docker/Dockerfile".to_owned() });
    assert_eq!((custom.args.len(), custom.extra_files.len(), custom.command), (1, 0, None));
    let image = recipe_of("lang = \"image\"\nimage = \"nginx:1.27\"\nrun = \"nginx -g 'daemon off;'\"\n");
    assert_eq!(image.dockerfile, DockerfileSource::Image { reference: "nginx:1.27".to_owned() });
    assert_eq!(image.command.unwrap()[2], "nginx -g 'daemon off;'");
}

#[test]
fn every_file_that_a_dockerfile_copies_is_among_the_extra_ones() {
    let extra = recipe_of("lang = \"node\"\n").extra_files;
    for text in extra.iter().filter(|(path, _)| path.ends_with(".dockerfile")).map(|(_, text)| text) {
        for word in text.split_whitespace().filter(|word| word.starts_with(FOLDER)) {
            assert!(extra.contains_key(word), "{word}");
        }
        let named = text.lines().filter_map(|line| line.strip_prefix("ARG ")).map(|arg| arg.split('=').next().unwrap_or(arg));
        for name in named {
            assert!(OWN_ARGS.contains(&name), "{name}");
        }
    }
}

#[test]
fn the_language_of_a_newer_program_has_no_recipe() {
    let mut manifest = manifest("lang = \"node\"\n");
    manifest.config.lang = Lang::Unknown;
    assert_eq!(recipe(&manifest).dockerfile, DockerfileSource::Unknown);
}

#[test]
fn a_build_stops_early_where_nothing_of_the_source_is_needed() {
    let plain = facts(&[("package.json", r#"{"scripts":{"start":"x"},"dependencies":{"express":"^4"}}"#)]);
    let node = |more: &str| manifest(&format!("lang = \"node\"\n{more}"));
    assert_eq!(shortest_target(&node(""), &plain), Some("source"));
    assert_eq!(shortest_target(&node("build = \"x\"\n"), &plain), None);
    assert_eq!(shortest_target(&node("test = \"x\"\n"), &plain), None);
    for package in [
        r#"{"workspaces":["a"]}"#,
        r#"{"scripts":{"postinstall":"x"}}"#,
        r#"{"dependencies":{"a":"file:../a"}}"#,
        r#"{"optionalDependencies":{"a":"./a"}}"#,
        "not json",
    ] {
        assert_eq!(shortest_target(&node(""), &facts(&[("package.json", package)])), None, "{package}");
    }
    let python = manifest("lang = \"python3\"\nrun = \"python3 app.py\"\n");
    assert_eq!(shortest_target(&python, &facts(&[("requirements.txt", "flask\n# -e .\n")])), Some("source"));
    for requirements in ["flask\n-e .\n", " -r more.txt", "a @ file:///x"] {
        assert_eq!(shortest_target(&python, &facts(&[("requirements.txt", requirements)])), None, "{requirements}");
    }
    assert_eq!(shortest_target(&python, &facts(&[("pyproject.toml", "")])), None);
}

fn app(id: &str) -> AppId {
    id.parse().unwrap()
}

fn commit(digit: &str) -> Commit {
    digit.repeat(40).parse().unwrap()
}

#[test]
fn a_version_is_its_commit_its_config_and_its_build() {
    let one = manifest("lang = \"node\"\n");
    let mut other = one.clone();
    other.config.run = Some("node x.js".to_owned());
    let mut packaged = one.clone();
    packaged.build.packages.push("git".to_owned());
    let id = |digit: &str, manifest: &Manifest, edited| version_id(&app("web"), &commit(digit), manifest, edited);
    let of_another_app = version_id(&app("shop"), &commit("1"), &one, None);
    let ids = [
        id("1", &one, None),
        id("2", &one, None),
        id("1", &other, None),
        id("1", &packaged, None),
        id("1", &one, Some("")),
        of_another_app,
    ];
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert_eq!(ids[0], id("1", &one, None));
    let mut renamed = one;
    renamed.scale.replicas = 3;
    assert_eq!(ids[0], id("1", &renamed, None));
}

#[test]
fn the_id_of_a_version_is_pinned() {
    let manifest = manifest("lang = \"node\"\n");
    assert_eq!(version_id(&app("web"), &commit("1"), &manifest, None).as_str(), "3fa1190b145aa8c2");
}
