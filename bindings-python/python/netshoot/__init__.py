from netshoot._netshoot import parse
