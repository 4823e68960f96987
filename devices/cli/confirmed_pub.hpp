// confirmed_pub: what `wye pub --confirm` does: publications that a forwarder with a log confirms.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "outflow.hpp"

namespace wye::cli {

/// Cuts the topic off a body.
using topic_cutter = std::function<std::string(std::string_view& body, const std::string& place)>;

/// What is said beside the bodies.
struct confirmed_options {
  std::vector<std::string> log = {};                ///< where the log listens, if not beside the flow's endpoints
  std::map<std::string, std::string> headers = {};  ///< of each message
};

/// Publishes what `flow` names to the log; returns the exit status. Prints at the end how many were confirmed, or with
/// --json a line for each confirmation.
int publish_confirmed(session& in, const outflow& flow, const confirmed_options& how, const topic_cutter& cut);

}  // namespace wye::cli
