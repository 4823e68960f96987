// The command line of one verb.
#pragma once

#include <string>
#include <vector>

#include "verb.hpp"

namespace wye::cli {

/// Options that take endpoints are in this group, whatever they are called.
inline constexpr const char* endpoint_group = "Endpoints";

/// Adds an option that takes endpoints: repeatable, several after it.
CLI::Option* add_endpoints(CLI::App& to, const std::string& name, std::vector<std::string>& into,
                           const std::string& help);

/// Parses what stands behind `wye VERB`; fills the verb's options and returns the bodies. After an option for
/// endpoints, what contains "://" is another endpoint; behind `--` everything is a body. Throws what CLI::App::parse
/// throws, also CLI::CallForHelp.
std::vector<std::string> parse(CLI::App& app, const std::vector<std::string>& arguments);

/// The App of a verb: its name, help and examples.
std::unique_ptr<CLI::App> app_of(verb& v);

}  // namespace wye::cli
