/*
  The test file of the European Institute for Computer Antivirus Research: 68 bytes at the start of
  a file, behind which only blanks may follow. Its bytes are written in hexadecimal, so that this
  file is not taken for a virus itself.

  Meta of every rule: threat (its name in the records), id (100000-2999999), severity
  (informational, low, medium, high, critical). Absent: the rule's name, a number made from it,
  medium. A global rule is a filter for the others and no threat.
*/
rule Eicar_Test_File
{
    meta:
        threat = "Eicar Test File"
        id = 100000
        severity = "medium"
    strings:
        $file = {
            58 35 4F 21 50 25 40 41 50 5B 34 5C 50 5A 58 35 34 28 50 5E 29 37 43 43
            29 37 7D 24 45 49 43 41 52 2D 53 54 41 4E 44 41 52 44 2D 41 4E 54 49 56
            49 52 55 53 2D 54 45 53 54 2D 46 49 4C 45 21 24 48 2B 48 2A
        }
        // All but the last five bytes: what is left of it where a compressed stream was cut off.
        $head = {
            58 35 4F 21 50 25 40 41 50 5B 34 5C 50 5A 58 35 34 28 50 5E 29 37 43 43
            29 37 7D 24 45 49 43 41 52 2D 53 54 41 4E 44 41 52 44 2D 41 4E 54 49 56
            49 52 55 53 2D 54 45 53 54 2D 46 49 4C 45 21
        }
    condition:
        ($head at 0 and filesize < 68) or
        ($file at 0 and (filesize == 68 or (filesize <= 64KB and
            for all i in (68..filesize - 1) : (
                uint8(i) == 0x20 or uint8(i) == 0x0a or uint8(i) == 0x0d or
                uint8(i) == 0x09 or uint8(i) == 0x1a
            ))))
}
