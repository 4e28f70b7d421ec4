// The header is C++, too.
#include <netshoot.h>

int main()
{
    netshoot_error_t error = NETSHOOT_ERROR_INIT;
    netshoot_options_t options = NETSHOOT_OPTIONS_INIT;
    netshoot_analyzer_t *analyzer = netshoot_analyzer_new(&options, &error);
    bool works = analyzer != nullptr && netshoot_version_number() == NETSHOOT_VERSION_NUMBER;
    netshoot_analyzer_free(analyzer);
    return works ? 0 : 1;
}
