// SPDX-License-Identifier: GPL-3.0-or-later
/// xkv-scope: the window. Reads its flags, builds the objects in order, runs.
#include <QApplication>
#include <QFileInfo>
#include <QTimer>
#include <cstdio>
#include <optional>
#include <string_view>

#include "app/version.h"
#include "app/window/first_paint.h"
#include "app/window/main_window.h"
#include "app/window/settings.h"
#include "app/window/start_session.h"
#include "profiling/records/result.h"
#include "views/theme.h"

namespace {

constexpr const char* kHelp =
    "Usage: xkv-scope [SESSION.xkv | CACHE.safetensors]\n"
    "\n"
    "Opens a session, or the demo session that comes with the program. A captured cache (xkv "
    "capture,\n"
    "export_kv.py) is analysed as \"Import a captured cache\" does, into the demo session.\n"
    "\n"
    "Options:\n"
    "  --theme light|dark   instead of the theme that was chosen last\n"
    "  --benchmark-start    print the time from start to first paint, then end\n"
    "  -h, --help           this text\n"
    "  -V, --version        the version\n"
    "\n"
    "Environment:\n"
    "  XKV_ENGINE           command of the engine, such as \"ssh host xkv serve\"\n";

constexpr int kBenchmarkLimit_ms = 10000;

struct Arguments {
  QString file;
  std::optional<xkv::views::ThemeKind> theme;
  bool benchmark_start = false;
};

/// An exit code where the flags are wrong. Before Qt: that needs no display either.
std::optional<int> readArguments(int argc, char** argv, Arguments& arguments) {
  using xkv::views::ThemeKind;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string_view next = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--benchmark-start") {
      arguments.benchmark_start = true;
    } else if (word == "--theme" && (next == "light" || next == "dark")) {
      arguments.theme = next == "dark" ? ThemeKind::dark : ThemeKind::light;
      ++i;
    } else if (word == "--theme") {
      std::fprintf(stderr, "xkv-scope: --theme is '%s', light or dark is needed\n", next.data());
      return xkv::exitCode(xkv::ErrorKind::usage);
    } else if (!word.starts_with('-') && arguments.file.isEmpty()) {
      arguments.file = QString::fromLocal8Bit(argv[i]);
    } else {
      std::fprintf(stderr, "xkv-scope: %s is not understood here; --help lists the options\n",
                   argv[i]);
      return xkv::exitCode(xkv::ErrorKind::usage);
    }
  }
  if (const auto wrong = xkv::window::wrongFile(arguments.file)) {
    std::fprintf(stderr, "xkv-scope: %s\n", wrong->message.c_str());
    return xkv::exitCode(wrong->kind);
  }
  return std::nullopt;
}

/// --help and --version need no display, so they are looked for before Qt looks for one.
bool answeredWithoutDisplay(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--help" || word == "-h") return std::fputs(kHelp, stdout) >= 0;
    if (word == "--version" || word == "-V")
      return std::printf("xkv-scope %s\n", xkv::kVersion) > 0;
  }
  return false;
}

void reportStart(xkv::window::FirstPaint& first_paint, xkv::window::MainWindow& window) {
  QObject::connect(&first_paint, &xkv::window::FirstPaint::painted, &window, [&window] {
    std::printf("first paint: %lld ms after exec\n",
                static_cast<long long>(xkv::window::sinceExec_ms()));
    if (window.showsRun()) QCoreApplication::quit();
  });
  QObject::connect(&window, &xkv::window::MainWindow::runShown, &window, [] {
    QMetaObject::invokeMethod(
        QCoreApplication::instance(),
        [] {
          std::printf("first run shown: %lld ms after exec\n",
                      static_cast<long long>(xkv::window::sinceExec_ms()));
          QCoreApplication::quit();
        },
        Qt::QueuedConnection);
  });
  // A session without runs shows none.
  QTimer::singleShot(kBenchmarkLimit_ms, &window, [] { QCoreApplication::quit(); });
}

}  // namespace

int main(int argc, char** argv) {
  if (answeredWithoutDisplay(argc, argv)) return 0;
  Arguments arguments;
  if (const auto code = readArguments(argc, argv, arguments)) return *code;
  QApplication app(argc, argv);
  QApplication::setApplicationName(QStringLiteral("xkv-scope"));
  QApplication::setApplicationDisplayName(QStringLiteral("xKV Scope"));
  QApplication::setApplicationVersion(QLatin1String(xkv::kVersion));
  QApplication::setDesktopFileName(QStringLiteral("org.xkv.Scope"));

  auto settings = xkv::window::Settings::load();
  if (arguments.theme) settings.theme = *arguments.theme;
  xkv::views::applyTheme(app, settings.theme, settings.scale);

  xkv::window::RunController controller(xkv::window::engineCommand(settings.engine), {});
  xkv::window::MainWindow window(controller, settings, xkv::window::WindowState::load());
  const QString file =
      arguments.file.isEmpty() ? QString() : QFileInfo(arguments.file).absoluteFilePath();
  const bool is_cache = xkv::window::isCapturedCache(file);
  controller.openSession(is_cache || file.isEmpty() ? xkv::window::workingSession() : file);
  if (is_cache) window.importWhenOpen(file);
  auto* first_paint = new xkv::window::FirstPaint(&window);
  if (arguments.benchmark_start) {
    reportStart(*first_paint, window);
  } else {
    // Not before: the engine's libraries take longer to load than the window to appear.
    QObject::connect(first_paint, &xkv::window::FirstPaint::painted, &controller,
                     &xkv::window::RunController::warmUp);
  }
  window.show();
  return QApplication::exec();
}
