// wye version: what this is made of.
#include <iostream>

#include "json.hpp"
#include "leave.hpp"
#include "verb.hpp"

namespace wye::cli {
namespace {

class version final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {.name = "version",
            .group = "About",
            .summary = "the version, and the engines with their transports",
            .usage = "[--json]",
            .text = "Prints the version of Wye, and each engine of this build with its transports.",
            .examples =
                "  wye version\n"
                "  wye version --json"};
  }

  void options(CLI::App& to) override { to.add_flag("--json", json_, "For machines"); }

  int run(session& in) override {
    json all{{"version", WYE_VERSION}, {"engines", json::object()}};
    for (const auto& e : in.ctx.engines()) all["engines"][std::string(e->name())] = e->can().transports;
    if (json_) std::cout << text_of(all) << "\n";
    else print(all);
    return EX_OK;
  }

 private:
  static void print(const json& all) {
    std::cout << "wye " << all["version"].get<std::string>() << "\n";
    for (const auto& [engine, transports] : all["engines"].items()) {
      std::cout << "engine " << engine << ":";
      for (const auto& t : transports) std::cout << " " << t.get<std::string>();
      std::cout << "\n";
    }
  }

  bool json_ = false;
};

}  // namespace

std::unique_ptr<verb> make_version() { return std::make_unique<version>(); }

}  // namespace wye::cli
