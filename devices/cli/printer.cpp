#include "printer.hpp"

namespace wye::cli {

void printer::options(CLI::App& to) {
  to.add_option("--format", how_, "raw, text (default), quoted, hex, msgpack or json")
      ->transform(CLI::CheckedTransformer(formats(), CLI::ignore_case).description(""))
      ->type_name("F");
}

void printer::print(const label* beside, const message& body) {
  write(out_.text(), how_, beside, body);
  out_.done();
}

}  // namespace wye::cli
