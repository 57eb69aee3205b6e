#include "CPJRT.h"

#include <dlfcn.h>

// The distances that the interface has between its parts.
#define PLACE(name) ((offsetof(PJRT_Api, name) - 40) / sizeof(void *))
_Static_assert(offsetof(PJRT_Api, error_destroy) == 40, "the functions follow the version");
_Static_assert(PLACE(client_create) == 10 && PLACE(platform_version) == 14, "");
_Static_assert(PLACE(compile) == 20 && PLACE(buffer_from_host) == 22 && PLACE(executable_destroy) == 40, "");
_Static_assert(PLACE(output_count) == 44 && PLACE(loaded_destroy) == 50 && PLACE(execute) == 55, "");
_Static_assert(PLACE(buffer_destroy) == 58 && PLACE(buffer_to_host) == 70, "");
_Static_assert(sizeof(PJRT_ExecuteOptions) == 14 * 8 && sizeof(PJRT_Execute) == 10 * 8, "");
_Static_assert(sizeof(PJRT_BufferFromHost) == 15 * 8 && sizeof(PJRT_ClientCreate) == 11 * 8, "");

const PJRT_Api *pjrt_open(const char *path, const char **reason) {
  *reason = NULL;
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    *reason = dlerror();
    return NULL;
  }
  const PJRT_Api *(*get)(void) = (const PJRT_Api *(*)(void))dlsym(library, "GetPjrtApi");
  if (get) return get();
  dlclose(library);
  return NULL;
}

PJRT_Error *pjrt_compile(const PJRT_Api *api, PJRT_Client *client, const char *code, size_t size,
                         PJRT_LoadedExecutable **executable) {
  // CompileOptionsProto with executable_build_options alone: one replica, one partition.
  static const char options[] = {0x1a, 4, 0x20, 1, 0x28, 1};
  PJRT_Program program = {sizeof program, NULL, code, size, "mlir", 4};
  PJRT_ClientCompile compilation = {sizeof compilation, NULL, client, &program, options, sizeof options, NULL};
  PJRT_Error *error = api->compile(&compilation);
  *executable = compilation.executable;
  return error;
}

PJRT_Error *pjrt_execute(const PJRT_Api *api, PJRT_LoadedExecutable *executable, PJRT_Buffer *const *arguments,
                         size_t count, PJRT_Buffer **outputs, PJRT_Event **done) {
  PJRT_ExecuteOptions options = {.struct_size = sizeof options};
  PJRT_Execute execution = {sizeof execution, NULL,  executable, &options, &arguments, 1,
                            count,            &outputs, done,       NULL};
  return api->execute(&execution);
}
