#include "command_line.hpp"

namespace wye::cli {
namespace {

// CLI11 writes the usage itself from the options; ours reads better.
class help_formatter final : public CLI::Formatter {
 public:
  explicit help_formatter(std::string_view usage) : usage_(usage) { column_width(34); }
  std::string make_usage(const CLI::App*, std::string) const override { return "Usage: " + usage_ + "\n"; }

 private:
  std::string usage_;
};

bool is_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9');
}

// Sorts the words into options with their values, for CLI11, and bodies. CLI11's own positionals would take brackets in
// a body for a list, and could not tell a body from another endpoint.
class sorter {
 public:
  sorter(const CLI::App& app, const std::vector<std::string>& words)
      : app_(app), at_(words.begin()), end_(words.end()) {
    while (at_ != end_) take();
  }
  std::vector<std::string> options;
  std::vector<std::string> bodies;

 private:
  void take() {
    if (*at_ == "--") bodies.insert(bodies.end(), at_ + 1, end_), at_ = end_;
    else if (is_option(*at_)) take_option();
    else bodies.push_back(*at_++);
  }

  void take_option() {
    const std::string& name = *at_++;
    options.push_back(name);
    const CLI::Option* known = app_.get_option_no_throw(name);
    if (known == nullptr || known->get_items_expected_max() == 0 || at_ == end_) return;
    options.push_back(*at_++);
    if (known->get_group() != endpoint_group) return;
    for (; at_ != end_ && !is_option(*at_) && at_->find("://") != std::string::npos; ++at_)
      options.insert(options.end(), {name, *at_});
  }

  const CLI::App& app_;
  std::vector<std::string>::const_iterator at_, end_;
};

}  // namespace

CLI::Option* add_endpoints(CLI::App& to, const std::string& name, std::vector<std::string>& into,
                           const std::string& help) {
  return to.add_option(name, into, help)->allow_extra_args(false)->type_name("URL")->group(endpoint_group);
}

std::vector<std::string> parse(CLI::App& app, const std::vector<std::string>& arguments) {
  sorter sorted(app, arguments);
  app.parse(
      std::vector<std::string>(sorted.options.rbegin(), sorted.options.rend()));  // CLI11 takes them from the back
  return std::move(sorted.bodies);
}

std::unique_ptr<CLI::App> app_of(verb& v) {
  const description about = v.about();
  const std::string name = "wye " + std::string(about.name);
  auto app = std::make_unique<CLI::App>(std::string(about.text), name);
  app->formatter(std::make_shared<help_formatter>(name + " " + std::string(about.usage)));
  app->set_help_flag("-h,--help", "This help");
  app->footer("\nExamples:\n" + std::string(about.examples));
  v.options(*app);
  return app;
}

}  // namespace wye::cli
