// printer: messages to stdout, in the format that was asked for.
#pragma once

#include "format.hpp"
#include "output.hpp"
#include "verb.hpp"

namespace wye::cli {

/// --format, and the messages it prints.
class printer {
 public:
  void options(CLI::App& to);
  void set(format how) noexcept { how_ = how; }
  void print(const label* beside, const message& body);
  void flush() { out_.flush(); }

 private:
  format how_ = format::text;
  output out_;
};

}  // namespace wye::cli
