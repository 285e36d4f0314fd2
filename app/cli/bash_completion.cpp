// SPDX-License-Identifier: Apache-2.0
/// The table of commands as completion for bash.
#include "app/cli/help_text.h"

namespace xkv::cli {
namespace {

/// "fp32 bf16 " of "fp32|bf16"; empty where the values are no list of words.
std::string wordsOf(const OptionText& option) {
  std::string values = option.positional ? option.name : option.values;
  const bool words = values.find('|') != std::string::npos &&
                     values.find_first_of("@ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
  if (!words) return "";
  if (values.ends_with("...")) values.resize(values.size() - 3);  // several may be given
  for (char& c : values) c = c == '|' ? ' ' : c;
  return values + " ";
}

/// Its flags, and the words that an argument without a flag can be.
std::string flagsOf(const CLI::App& command) {
  std::string flags;
  for (const OptionGroup& group : optionGroupsOf(command))
    for (const OptionText& option : group.options)
      flags += option.positional ? wordsOf(option)
                                 : option.name.substr(option.name.find("--")) + " ";
  return flags;
}

std::string namesOf(const CLI::App& app) {
  std::string names;
  for (const CLI::App* command : app.get_subcommands({}))
    if (!command->get_group().empty()) names += command->get_name() + " ";
  return names;
}

/// "--dtype) words='fp32 bf16' ;;" for options whose values are a list of words.
std::string valueCases(const CLI::App& command) {
  std::string cases;
  for (const OptionGroup& group : optionGroupsOf(command)) {
    for (const OptionText& option : group.options) {
      std::string values = wordsOf(option);
      if (option.positional || values.empty()) continue;
      values.pop_back();
      cases +=
          "      '" + command.get_name() + " " + option.name + "') words='" + values + "' ;;\n";
    }
  }
  return cases;
}

}  // namespace

std::string bashCompletionOf(const CLI::App& table) {
  std::string values;
  std::string flags;
  for (const CLI::App* command : table.get_subcommands({})) {
    if (command->get_group().empty()) continue;
    values += valueCases(*command);
    flags += "      " + command->get_name() + ") words='" + namesOf(*command) + flagsOf(*command) +
             "' ;;\n";
  }
  return "# Made by 'xkv help --bash-completion'.\n"
         "_xkv() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
         "    words='" +
         namesOf(table) +
         "--help --version'\n"
         "  else\n"
         "    case \"${COMP_WORDS[1]} $before\" in\n" +
         values +
         "    esac\n"
         "    if [ -z \"$words\" ] && [[ $word == -* || ${COMP_WORDS[1]} == session ]]; then\n"
         "      case \"${COMP_WORDS[1]}\" in\n" +
         flags +
         "      esac\n"
         "    fi\n"
         "  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "complete -o default -F _xkv xkv\n";
}

}  // namespace xkv::cli
