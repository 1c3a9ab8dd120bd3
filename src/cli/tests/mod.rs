//! Do the commands do what they say, against an agent that answers what was recorded?

mod agent;
mod commands;
mod deploying;
mod documentation;
mod real;
