//! `impound man`: the manual page in roff, made from the same rows as `--help`.

use crate::args::CommandLine;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use clap::CommandFactory;
use clap_mangen::Man;

/// Prints the manual page, each command's own section below it.
///
/// # Errors
/// When stdout can not be written.
pub fn run(context: &Context) -> Result<Exit, Failure> {
    let mut command = CommandLine::command();
    command.build();
    let mut page = rendered(&command)?;
    for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
        page.push_str(&section(part)?);
    }
    context.terminal.file(&page)?;
    Ok(Exit::Done)
}

fn rendered(command: &clap::Command) -> Result<String, Failure> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page).map_err(unwritten)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// A command as a section of the page: synopsis, description and its own options.
fn section(command: &clap::Command) -> Result<String, Failure> {
    let own = command.clone().mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg });
    let man = Man::new(own);
    let mut text = format!(".SH \"IMPOUND {}\"\n", command.get_name().to_uppercase()).into_bytes();
    man.render_description_section(&mut text).map_err(unwritten)?;
    man.render_synopsis_section(&mut text).map_err(unwritten)?;
    man.render_options_section(&mut text).map_err(unwritten)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok(["DESCRIPTION", "SYNOPSIS", "OPTIONS"]
        .iter()
        .fold(text, |text, head| text.replace(&format!(".SH {head}\n"), &format!(".SS {head}\n"))))
}

fn unwritten(error: std::io::Error) -> Failure {
    Failure::usage(format!("cannot write the manual page: {error}"))
}
