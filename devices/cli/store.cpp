// wye store: looks after the directory of a durable device.
#include <iostream>

#include <wye/store.hpp>
#include <wye/store_tools.hpp>

#include "json.hpp"
#include "leave.hpp"
#include "output.hpp"
#include "verb.hpp"

namespace wye::cli {
namespace {

class store_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "store",
        .group = "Devices",
        .summary = "check, dump or repair the directory of a durable device",
        .usage = "check|dump|repair DIR [--log NAME] [--json]",
        .text =
            "check reads and verifies everything and changes nothing; exit status 65 if something is damaged.\n"
            "dump prints the records, one on a line: log, number, time in microseconds, head, body.\n"
            "repair sets what is damaged aside, in DIR/aside, and deletes nothing; no device may have the store open.",
        .examples =
            "  wye store check /var/lib/orders\n"
            "  wye store dump /var/lib/orders --log billing --json\n"
            "  wye store repair /var/lib/orders"};
  }

  void options(CLI::App& to) override {
    to.add_option("--log", log_, "Dump only this log")->type_name("NAME");
    to.add_flag("--json", json_, "For machines");
  }

  int run(session& in) override {
    if (in.bodies.size() != 2) throw usage_error("give check, dump or repair, and one directory");
    const std::string &what = in.bodies[0], &directory = in.bodies[1];
    if (what == "check") return check(directory);
    if (what == "dump") return dump(in, directory);
    if (what == "repair") return repair(directory);
    throw usage_error("'" + what + "' is none of check, dump, repair");
  }

 private:
  int check(const std::string& directory) const {
    const recovery_report r = check_store(directory);
    if (json_)
      std::cout << text_of({{"logs", r.logs},
                            {"records", r.records},
                            {"bytes_read", r.bytes_read},
                            {"damaged", r.damaged},
                            {"torn_bytes", r.torn_bytes},
                            {"findings", r.findings}})
                << "\n";
    else print(r);
    return r.findings.empty() ? EX_OK : EX_DATAERR;
  }

  static void print(const recovery_report& r) {
    for (const std::string& finding : r.findings) std::cout << finding << "\n";
    std::cout << r.logs << " logs, " << r.records << " records, " << r.bytes_read << " bytes read; " << r.damaged
              << " damaged, " << r.torn_bytes << " bytes torn\n";
  }

  int dump(session& in, const std::string& directory) const {
    const auto s = make_disk_store({.directory = directory, .read_only = true});
    output out;
    for (const std::string& name : s->names()) {
      if (!log_.empty() && name != log_) continue;
      const auto l = s->open(name).value();
      std::vector<record> records;
      for (sequence at = 0; at < l->bounds().next && !in.interrupts.token().stop_requested(); records.clear()) {
        at = l->read(at, {}, records).value();
        for (const record& r : records) out.text() += line_of(name, r) + "\n", out.done();
      }
    }
    out.flush();
    return EX_OK;
  }

  [[nodiscard]] std::string line_of(const std::string& name, const record& r) const {
    const json fields{{"log", json_of_bytes(name)},
                      {"seq", r.number},
                      {"time", r.time},
                      {"head", json_of_bytes(r.head.text())},
                      {"body", json_of_bytes(r.body.text())}};
    if (json_) return text_of(fields);
    std::string line;
    for (const auto& [key, value] : fields.items()) line += (line.empty() ? "" : " ") + text_of(value);
    return line;
  }

  int repair(const std::string& directory) const {
    const repair_report r = repair_store(directory);
    if (json_) std::cout << text_of({{"places", r.places}, {"aside", r.aside}}) << "\n";
    else if (r.places == 0) std::cout << "nothing is damaged\n";
    else std::cout << r.places << " damaged places are set aside in " << r.aside << "\n";
    return EX_OK;
  }

  std::string log_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<verb> make_store() { return std::make_unique<store_verb>(); }

}  // namespace wye::cli
